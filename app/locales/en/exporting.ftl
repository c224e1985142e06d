## Exports: remapped files, loader scripts, reports

error-transfer-conflicts = Two source keys claim the target key { $key }.
    .hint = Settle the conflict in the plan first: what drops one of them silently would be wrong.
error-source-in-blocks = { $count ->
    [one] The source key { $keys } is
   *[other] { NUMBER($count) } source keys ({ $keys }{ $count ->
        [2] {""}
        [3] {""}
        [4] {""}
        [5] {""}
       *[other] , …
    }) are
  } kept in quantized blocks whose numbers Keygraft cannot tell: { $dtypes }.
    .hint = Take a file of the same weights as F16, BF16, Q8_0 or a K-quant (llama.cpp converts: llama-quantize --allow-requantize IN OUT Q8_0), or let a rule start these keys fresh.
error-source-without-bytes = The source key { $key } has no bytes that can be read directly: it comes from a model definition, or is compressed, sparse or quantized.
    .hint = Use a checkpoint file that holds plain tensors as source, or ignore the key.
error-nothing-to-write = No target key is loaded, so there is nothing to write.
    .hint = Map at least one key, then export again.
error-key-not-writable = The key { $key } cannot stand in a safetensors file.
    .hint = Rename it in the plan, or export a torch file, which can hold any text as key.
error-dtype-not-writable = The key { $key } has the element type { $dtype }, which this file format does not know.
    .hint = Export the other format, or cast the key to a type that it knows.
error-header-too-large = The header would take { $size } bytes; readers refuse more than { $limit }.
    .hint = Set a maximal shard size, so that each file names fewer tensors.
error-bytes-not-here = The bytes of { $file } are not on this server.
    .hint = Download the loader script, or the plan and run “keygraft apply” where the file lies; or upload the file.
error-disk-full = The output needs { $needed } bytes; the disk of { $folder } has { $free } left.
    .hint = Free some space or choose another folder. Nothing was written.
error-goal-is-source = { $file } is the checkpoint that is read; its weights would be gone.
    .hint = Choose another name, and move the new file there once it is checked.
error-goal-not-file = { $file } is there already and is no ordinary file.
    .hint = Choose another name, or a folder for shards.
error-goal-among-shards = The folder { $folder } holds shards of another output: { $file }{ $count ->
    [1] {""}
   *[other] {" "}and { NUMBER($count) } in all
  }.
    .hint = Choose an empty folder, or delete them first: who reads the folder would read both.
error-weights-to-terminal = Weights are written to a file, not to the terminal.
    .hint = Name a file: new.safetensors.
error-container-unknown = No format that can be written is called { $suffix }.
    .hint = Name the file { $file }.safetensors or { $file }.pt, or say --container.
error-write-failed = { $file } could not be written: { $reason }.
    .hint = Nothing half-written was left. Check the disk and the folder's permissions, then try again.
error-nothing-computes = { $key } has to be computed, but this export only copies bytes.
    .hint = Run it as a job, or with “keygraft apply”.
error-source-differs = The source { $name } is not what the plan was made for: { $detail }.
    .hint = Use the checkpoint that the plan was made for, or rebase the plan onto this one.
error-apply-incomplete = The plan does not fill { $count } target keys, { $key } first.
    .hint = Finish the plan, say that these keys start fresh, or pass --not-strict to leave them out.
error-source-missing = The plan reads a source called { $name }, which was not given.
    .hint = Name each source: --source { $name }=FILE.

## Running recipes

error-kernel-unknown = The op { $op } cannot be run on tensors.
    .hint = The plan may come from a newer version; update, or replace the rule.
error-kernel-shape = The op { $op } gave the shape { $found } instead of { $wanted }.
    .hint = The checkpoint's header and its data disagree; check the file.
error-dtype-unknown = This version of torch has no element type { $dtype }.
    .hint = Update torch, or leave the tensor out.
error-tensor-without-bytes = The source key { $key } has no bytes that can be read directly.
    .hint = Use a checkpoint file that holds plain tensors as source, or ignore the key.
error-tensor-truncated = { $file } ends before the data of { $key }.
    .hint = The file is incomplete; fetch it again.

## The report

report-title = Transfer of weights
report-clean = Every key is accounted for.
report-open = Some keys still need a decision.
report-share = { $share } % of the model's elements are loaded.
report-side = Side
report-format = Format
report-tensors = Tensors
report-parameters = Elements
report-source = Weights from
report-target = Into model
report-coverage = Coverage
report-outcome = Outcome
report-keys = Keys
report-rules = Rules
report-rule = Rule
report-note = Note
report-off = switched off
report-no-rules = No rules: keys with equal names are loaded.
report-count = Count
report-remark = Why
report-state-loaded = Loaded
report-state-conflicting = Claimed twice
report-state-mismatched = Does not fit
report-state-missing = Missing
report-state-benign = Missing, harmless
report-state-initialised = Starts fresh
report-unexpected = Not used
report-left-behind = Left behind on purpose
report-checks = Checks
report-passed = Holds
report-failed = Does not hold
report-map = Where the elements are
report-map-label = The model's modules, each as large as its elements, coloured by outcome

## Dialects

error-dialect-unknown = There is no export called { $name }.
    .hint = “keygraft export --help” lists them.
reason-dialect-computed = This dialect has no words for it: the tensor has to be computed.
reason-dialect-several-sources = This dialect reads one checkpoint; the transfer has several sources.
reason-dialect-used-twice = This dialect gives each source key one name; “{ $key }” fills several target keys.
reason-dialect-chained = No order of patterns gives this key its name without spoiling others.
