## Every text of the page. Plain words stand first; the terms of the trade beside them where they teach.

word-from = Weights from
word-source = source
word-into = Into model
word-target = target
word-tensors = tensors
word-parameters = parameters

page-skip = Skip to the content
page-home = Home
page-theme = Theme: system, light, dark
more-menu = More
more-density = Density
more-theme = Theme
density-regular = regular
density-compact = compact
theme-system = as the system
theme-light = light
theme-dark = dark
page-density = Density: regular, compact
page-close = Close
page-to-home = To the home page

## Home

home-title = Move weights from a checkpoint into your model
home-lead = See both sides, take the mapping that is proposed, drag what is left, leave with a loader that runs.
home-box = A checkpoint: drop it, or say where it is
home-placeholder = Drop a checkpoint here, or paste a path, a URL, a list of keys, the error of load_state_dict, or model code
home-go = Start
home-stays = Dropped files stay on your computer: only names and shapes are sent
home-inert = Nothing in a checkpoint is ever executed
home-transfers = Transfers
home-example = Try an example
home-new = New transfer
home-is-example = example
home-coverage = Keys that are loaded
home-facts = { NUMBER($sources) } → { NUMBER($target) } { $target ->
    [one] tensor
   *[other] tensors
  } · v{ $version }
home-loaded = { NUMBER($loaded) } of { NUMBER($total) } { $total ->
    [one] key
   *[other] keys
  }
home-more = What to do with { $title }
home-title-field = Title
home-rename = Rename
home-archive = Put away
home-unarchive = Bring back
home-delete = Delete for good
home-none = No transfers yet
home-none-hint = Drop a checkpoint above, or try the example: a small network whose first layer was renamed and whose head grew.
home-none-archived = Nothing was put away
home-archived = What was put away
home-away-hint = Put away: out of the list, kept with its history for as long as you like. Nothing is deleted by itself; bring it back, or delete it for good.
js-put-away = “{ $title }” was put away.
js-brought-back = “{ $title }” is back in the list.
js-renamed = “{ $title }” has another title.
js-deleted = “{ $title }” was deleted for good.
home-current = Back to the current ones

way-files = Choose files
way-folder = Folder
way-server = On this server
way-stays = Files stay on your computer, only headers are sent
way-checkpoint = PyTorch, safetensors, one file or shards with an index
way-code = Python code: classes are listed before anything runs
way-model = A library model by name, or a config.json
way-text = Keys as text, or what load_state_dict complained about

## New

new-title = New transfer
new-lead = Two sides: a checkpoint that holds the weights, and the model that wants them.
new-source-hint = The checkpoint.
new-target-hint = The model: code, a name, another checkpoint, or just its keys.
new-start = See the mapping
new-start-hint = Give both sides first.
box-text-s = Where the weights come from
box-text-t = The model they go into
box-placeholder-s = Drop a checkpoint or a folder of shards here, or paste a path or URL
box-placeholder-t = Drop a .py file or another checkpoint here, or paste code, a model's name, keys, or the error of load_state_dict
box-go = Read it

card-other = Something else
card-tensors = tensors
card-parameters = parameters
card-size = size
card-globals = { $count ->
    [one] One name in this file points at code
   *[other] { $count } names in this file point at code
  }
card-globals-hint = They were noted, and not called.
card-dangerous = would run code
card-offers = This file holds several sets of tensors. Which one?
card-top = (top of the file)
card-candidates = Which of these is the model?
card-line = line { $line }
card-parts = made of { $names }
card-part = a part of another
card-given-line = The fields are filled from line { $line }.
card-given-others = { $count ->
    [one] Another configuration fits, too.
   *[other] { $count } other configurations fit, too.
}
card-given-file = The fields are filled from { $place }.
card-required = has no default
card-literal = a Python value
card-build = Build it
card-build-hint = Runs in a sandbox, without network.
card-wanted = The reading was not finished. Give the file again to go on.
role-weights = weights
role-ema = averaged weights (EMA)
role-optimizer = optimizer state
role-other = other tensors

picker-title = Choose a checkpoint on this server
picker-roots = Folders that may be opened
picker-up = Up
picker-empty = Nothing here.
picker-shortened = Only the first entries are shown. Paste the path if yours is missing.

## Workspace

act-undo = Undo
act-redo = Redo
act-palette = Search or do…
act-export = Get the loader
act-map-hint = Map the selected rows onto each other
act-unmap = Unmap
act-settle = Start fresh
act-leave = Leave behind
act-accept = Accept
act-reject = Reject
act-accept-certain = { $count ->
    [one] Accept 1 certain
   *[other] Accept { $count } certain
  }
act-accept-all = Accept all { $count }
act-copy-loader = Copy the loader
act-copy = Copy
act-download = Download

meter-label = How much of the model is loaded
meter-of = { NUMBER($loaded) } of { NUMBER($total) } { $total ->
    [one] key
   *[other] keys
  } · by parameters
meter-legend = Show only
meter-loaded = loaded
meter-needs = needs me
meter-shape = shape
meter-fresh = starts fresh
meter-left = left behind
meter-unused = not used
meter-following = { $count ->
    [one] 1 follows from what you decided
   *[other] { $count } follow from what you decided
}
meter-proposing = Looking for matches…
meter-passes = { $fresh ->
    [0] strict=True will pass
   *[other] strict=True will pass, { $fresh } start fresh
  }
mode-label = How the two sides are shown
mode-aligned = Aligned
mode-free = Free

verdict-passes = { $fresh ->
    [0] strict=True will pass
   *[other] strict=True will pass, { $fresh } start fresh
  }
verdict-fails = { $count ->
    [one] one key to go
   *[other] { $count } keys to go
  }

pane-tabs = Sides
pane-heads = Both sides: filter, fold, open
pane-filter = Filter  /
pane-filter-source = Filter the source: text, * and ?, /regex/, shape:, dtype:, class:
pane-filter-target = Filter the target: text, * and ?, /regex/, shape:, dtype:, class:
pane-fold = Fold equal blocks into one row
pane-expand = Open or close all
pane-source = Which source
pane-unnamed = (unnamed)
pane-source-tree = Keys of the source
pane-target-tree = Keys of the target
pane-aligned = Keys of the target with their partners

row-from = takes { $name }
row-waiting = { $waiting } of { $total }
row-spare = { $spare } not used

state-loaded = loaded
state-used = used
state-proposed = proposed, needs a decision
state-missing = missing
state-mismatched = shape differs
state-conflicting = two sources reach it
state-initialised = starts fresh
state-benign = missing without harm
state-unexpected = not used
state-ignored = left behind

why-loaded = The names are equal.
why-loaded-rule = Rule { $number } maps it.
why-used = A target key takes it.
why-proposed = A proposal waits for you.
why-missing = Nothing in the source reaches it yet. Drag a row of the source onto it, or let it start fresh.
why-mismatched = A source key reaches it with another shape. Drag again to see what makes it fit, or let it start fresh.
why-conflicting = Two source keys reach it. Change one of the rules.
why-initialised = It keeps what the model starts with.
why-benign = The model computes it by itself.
why-unexpected = No target key takes it. Drag it onto one, or leave it behind.
why-ignored = A rule leaves it behind on purpose.

drawer-label = Rules, detail, loader
drawer-rules = Rules
drawer-detail = Detail
drawer-history = History
drawer-loader = Loader
drawer-toggle = Open or close the drawer

detail-none = Select a row to see its tensors, what fills it, and why.
detail-decide = { $count ->
    [one] Needs a decision
   *[other] Needs a decision · { $count } keys
  }
detail-accept = { $count ->
    [one] Use 1
   *[other] Use 1 for all { $count }
  }
detail-fit = See what makes it fit
detail-path = name
detail-partner-s = goes to
detail-partner-waits = would go to
detail-partner-t = comes from
detail-op = on the way
detail-rule = rule { $number }
detail-why = Why
detail-tensors = { $count ->
    [one] One tensor
   *[other] { $count } tensors
  }
detail-alias = shares memory with { $key }
kind-parameter = parameter
kind-buffer = buffer
kind-extra = extra state

loader-says = What load_state_dict will say

rules-none = No rules yet. Keys with equal names are loaded without one; drag a row onto another to make the first.
rule-bind = { $target } takes { $source }
rule-bind-op = { $target } takes { $source }, through { $op }
rule-rename-strip-prefix = Names lose the prefix “{ $find }”
rule-rename-add-prefix = Names get the prefix “{ $find }”
rule-rename-replace = “{ $find }” becomes “{ $to }” in names
rule-rename-regex = Names that match { $find } become { $to }
rule-ignore = { $pattern } is left behind
rule-init = { $pattern } starts fresh ({ $policy })
rule-on = Rule { $number } is on
rule-hits = { $count ->
    [one] 1 key
   *[other] { $count } keys
  }
rule-failing = { $count } do not fit
rule-idle = no effect
rule-up = Move rule { $number } up
rule-down = Move rule { $number } down
rule-edit = Edit rule { $number }
rule-delete = Delete rule { $number }
rule-text = The rule as text
rule-save = Save
rule-new = A new rule as text
rule-placeholder = "target.{"{"}i{"}"}.weight" = "source.{"{"}i{"}"}.weight"
rule-add = Add rule

history-none = Nothing was done yet.
history-jump = Back to here
history-more = { $count } rules in all

fit-title = How should this fit?
fit-ways = Ways that fit, the likeliest first
fit-none = No op turns one shape into the other
fit-more = and { $count } more
fit-hits = { $count ->
    [one] 1 key
   *[other] { $count } keys
  }
fit-misses = { $count } without partner
fit-collisions = { $count } now loaded otherwise
fit-missed = No partner was found for

suggestion-identity = As it is
suggestion-module = Everything below whose name agrees
suggestion-in-order = One after the other, in their order: the shapes agree
suggestion-transpose = Transposed
suggestion-permute = Axes in the order { $dims }
suggestion-reshape = Reshaped, element by element
suggestion-conv-to-linear = A 1×1 convolution as a linear layer
suggestion-linear-to-conv = A linear layer as a 1×1 convolution
suggestion-chunk = Part { $part } of { $parts }, cut along dimension { $dim }
suggestion-slice = The first { $length } along dimension { $dim }
suggestion-stack = All { $count } stacked into one tensor
suggestion-select = Each of the { $count } picked out of the stack
suggestion-fresh = Do not load it: it starts fresh

offer-general = { $collisions ->
    [0] The same works for { $count } keys in all equal blocks.
   *[other] The same works for { $count } keys in all equal blocks; { $collisions } of them are loaded otherwise now.
  }
offer-take = Use for all

edit-rules = { $count ->
    [one] Rule added
   *[other] { $count } rules added
  }
edit-rule-toggle = Rule { $number } switched
edit-rule-delete = Rule { $number } deleted
edit-rule-up = Rule { $number } moved up
edit-rule-down = Rule { $number } moved down
edit-rule-replace = Rule { $number } changed

status-hello = Drag a row onto its partner, or select one on each side and press m.
key-move = move
key-map = map
key-accept = accept
key-all = all keys

keys-title = Keys
keys-move = Up and down
keys-fold = Close and open
keys-side = To the other side
keys-filter = Filter
keys-map = Map the selected rows
keys-unmap = Unmap
keys-settle = Start fresh, or leave behind
keys-accept = Accept the proposal
keys-reject = Reject the proposal
keys-next = Next row that needs me
keys-view = Aligned, free, triage
keys-candidate = Take that candidate
keys-undo = Undo
keys-redo = Redo
keys-palette = Everything there is to do
keys-detail = Detail
keys-help = This list
keys-escape = Give up, clear the selection
keys-single = Single letters do something

palette-placeholder = What do you want to do?
palette-map = Map the selected rows
palette-unmap = Unmap the selected rows
palette-fresh = Let the selected target rows start fresh
palette-leave = Leave the selected source rows behind
palette-accept = Accept the proposals of the selected rows
palette-reject = Reject the proposals of the selected rows
palette-accept-certain = Accept all proposals that are certain
palette-accept-all = Accept all proposals
palette-next = Go to the next row that needs me
palette-undo = Undo
palette-redo = Redo
palette-aligned = Show the sides aligned
palette-free = Show the sides free, with links
palette-expand-s = Open or close all of the source
palette-expand-t = Open or close all of the target
palette-fold-s = Fold or unfold equal blocks of the source
palette-fold-t = Fold or unfold equal blocks of the target
palette-rules = Rules
palette-detail = Detail of the selection
palette-history = History: who did what, and the way back
palette-loader = The loader as it stands
palette-copy-loader = Copy the loader
palette-export = Ways out: loader, files, plan
palette-keys = All keys

## What scripts say

js-lost = The connection is lost. Nothing that was saved is gone, and this was not done.
js-retry = Try again
js-undo = Undo
js-dismiss = Close
js-saving = saving…
js-saved = v{ $version } · saved
js-unsaved = not saved
js-copied = Copied.
js-copy-by-hand = This address has no clipboard (no https). The text is selected: press Ctrl C.
js-pick-target = Now choose the row of the model that takes it. Esc gives up.
js-pick-source = Now choose the row of the source that fills it. Esc gives up.
js-pick-first = Select a row first.
js-map = Map
js-map-pair = { $source } → { $target }
js-nothing-waits = Nothing waits for you.
js-elsewhere = Somebody else edited this transfer: it is at v{ $version } now.
js-reading = Reading, round { $round }.
js-sent = { $sent } of { $size } sent.
js-cancelled = Cancelled.
js-no-file = This page no longer holds the file. Give it again.
js-found = { $count } found
js-selected = { $name } selected
js-mapped-many = { $count } rows
js-error = Something went wrong on this page. Reload it; nothing that was saved is gone.
js-changed-file = { $name } can no longer be read: it was moved or changed. Give it again.

## Errors

error-request-broken-off = The request broke off before it was whole.
    .hint = Try it again.
error-stopped = This was given up before it was done.
    .hint = Ask again if you still need it.
error-request-unreadable = This request is not one of the page's own ({ $detail }).
    .hint = Reload the page and try again.
error-row-unknown = There is no row { $number } on this page.
    .hint = Reload the page; the trees may have changed.
error-filter-regex = The regular expression { $pattern } cannot be read.
    .hint = Write it as RE2 reads it, between two slashes, or search for plain text.
error-drawn-nothing = There is nothing in this row that could be mapped.
    .hint = Select a row with tensors on each side.
error-drawn-leaf-on-module = { $source } is one tensor, and { $target } lies in a module with several.
    .hint = Open the module and choose one of its tensors.
error-drawn-no-names-agree = Below these rows no names agree: { $source } and { $target }, for example.
    .hint = Open both rows and map what belongs together, one by one.
error-drawn-mixed-rows = The keys of this row are too unlike each other to be mapped by one rule: { $source }, for example.
    .hint = Open the row and map its parts.
loader-fresh = { $count ->
    [one] One key keeps the model's own value: the loader allows it. A remapped file alone lacks it, so a bare strict load of that file would call it missing.
   *[other] { $count } keys keep the model's own values: the loader allows them. A remapped file alone lacks them, so a bare strict load of that file would call them missing.
  }
