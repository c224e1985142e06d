## Ways out: the page

export-title = Take it with you
export-back = Back to the mapping
export-kinds = Ways out
export-preview = Preview
export-shortened = The preview is cut; the download is whole.
export-unavailable = Not possible here
export-lent = The weights stayed on your computer. Download the plan beside them and run this there:
export-options = Options
export-show = Show
export-write = Write the file
export-how = How to use it
export-holds = What it will hold
export-left = { $count ->
    [one] 1 key cannot be said in this form
   *[other] { $count } keys cannot be said in this form
  }
export-left-lead = Write these few lines beside it.
export-lost = { $count ->
    [one] 1 key of the source does not come back
   *[other] { $count } keys of the source do not come back
  }
export-more = … and { $count } more
export-column-key = Key
export-column-why = Why
export-column-code = Code that remains
export-swapped = The way back: from the model's names to the names of the checkpoint.

export-group-code = Code
export-group-weights = Weights
export-group-frameworks = For a framework
export-group-plan = Plan
export-group-report = Report

export-covers = { NUMBER($loaded) } of { NUMBER($total) } { $total ->
    [one] key
   *[other] keys
  }, { $percent } % of parameters
option-inverse = The way back (reverse)
option-only = Only keys like
option-only-hint = backbone.*
option-min_coverage = Least coverage
option-min_coverage-hint = 0.9
option-dtype = Type of floats
option-dtype-keep = as they are
option-dtypes = Types by pattern
option-dtypes-hint = *.norm.*=F32
option-max_shard_size = Shards of at most
option-max_shard_size-hint = 5GB (empty: one file)
option-shards = Number of shards
option-shards-hint = 4
option-dtype-target = as the model has them
option-shared = Shared tensors
option-shared-clone = write each
option-shared-alias = write one
option-provenance = Say where it comes from (plan, sources, versions)

option-approval = Say who approved it

export-approval = Approval
export-about-approval = Who approved which version, what was checked
export-use-approval = keep { $file } beside the weights: its plan hash is that of their provenance
export-script = Loader script
export-about-script = One Python file, needs torch alone
export-use-script = from { $module } import load_into; load_into(model, { $checkpoint })
export-use-script-unread = from { $module } import load_into; load_into(model, tensors)  # a dict: torch does not read { $checkpoint }
export-safetensors = Remapped weights, safetensors
export-about-composed = Made by your browser, nothing is uploaded
export-about-safetensors = The checkpoint under the model's names
export-use-safetensors = model.load_state_dict(safetensors.torch.load_file("{ $file }"))
export-torch = Remapped weights, torch
export-about-torch = The same, as torch.save writes it
export-use-torch = model.load_state_dict(torch.load("{ $file }", weights_only=True))
export-torch-legacy = Remapped weights, old torch
export-about-torch-legacy = For torch before 1.6, one file without zip
export-use-torch-legacy = model.load_state_dict(torch.load("{ $file }"))
export-transformers = transformers: key_mapping
export-about-transformers = Renames as from_pretrained takes them
export-use-transformers = from { $module } import key_mapping; Model.from_pretrained(path, key_mapping=key_mapping)
export-transformers-converters = transformers: WeightConverter
export-about-transformers-converters = Renames and conversions, version 5
export-use-transformers-converters = from { $module } import conversions; register_checkpoint_conversion_mapping("model_type", conversions)
export-timm = timm: checkpoint_filter_fn
export-about-timm = For load_pretrained and create_model
export-use-timm = from { $module } import checkpoint_filter_fn; build_model_with_cfg(…, pretrained_filter_fn=checkpoint_filter_fn)
export-mmengine = mmengine: revise_keys
export-about-mmengine = For load_checkpoint
export-use-mmengine = from { $module } import revise_keys; load_checkpoint(model, { $checkpoint }, revise_keys=revise_keys)
export-lightning = Lightning: on_load_checkpoint
export-about-lightning = A mixin for a LightningModule
export-use-lightning = from { $module } import RemapOnLoad; class Module(RemapOnLoad, LightningModule): …
export-pre-hook = torch: load_state_dict pre-hook
export-about-pre-hook = Renames while any loader loads
export-use-pre-hook = from { $module } import remap_before_loading; remap_before_loading(model); model.load_state_dict(torch.load({ $checkpoint }))
export-pairs = Pairs, JSON
export-about-pairs = Source key to target key
export-use-pairs = json.load(open("{ $file }"))
export-csv = Table, CSV
export-about-csv = One line a key, for a spreadsheet
export-use-csv = pandas.read_csv("{ $file }")
export-plan = Plan, JSON
export-about-plan = Carries its target: all that apply needs
export-use-plan = keygraft apply { $file } { $word } out.safetensors
export-plan-text = Plan, text
export-about-plan-text = To read, to diff, to edit
export-use-plan-text = keygraft plan lint { $file }
export-report-html = Report, HTML
export-about-report-html = With a map of the model; stands by itself
export-use-report-html = Open { $file } in a browser; it loads nothing from elsewhere
export-report-markdown = Report, Markdown
export-about-report-markdown = For a pull request
export-use-report-markdown = Paste { $file } into the pull request
export-report = Report, text
export-about-report = Outcomes, rules, families
export-use-report = less { $file }

## Checks on the page

checked-title = Does it load?
checked-again = Ask again
checked-ask = Ask torch
checked-asking = Torch is asked: the model is built in the sandbox, the remapped tensors are loaded without data.
checked-words = What torch says
checked-differs = Torch and Keygraft disagree. This is a defect of Keygraft: nothing is handed over until it is mended.
checked-failed = Torch could not be asked.

## Jobs on the page

job-waits = Waits for its turn
job-works = Writing
job-stops = Stopping…
job-done = Done
job-failed = It failed
job-cancelled = Cancelled; nothing was kept
job-part = { $part } of { $parts } files
job-bytes = { $done } of { $total }
job-speed = { $speed }/s
job-left = about { $time } left
job-resumed = went on after an interruption
job-cancel = Cancel
job-retry = Try again
job-archive = Download all, zip
job-lies = It lies at
job-with = With these options:
job-plain = With no options
export-otherwise = This file was written with other options than are chosen above; writing makes another.
job-file = Download { $name }
job-progress = How much is written
