## Mapping by hand: the drawer, the history, what takes a while

loader-more = { $count ->
    [one] and one more line
   *[other] and { $count } more lines
  }
loader-writing = The loader is being written…
error-loader-not-written = The loader could not be written.
    .hint = Try again; if it stays so, export the plan and run keygraft export script.
error-edit-cancelled = This was given up; nothing was changed.
    .hint = Do it again when you like.

js-slow = This takes a moment…
js-slow-rows = The rows are being put together…
js-cancelling = It is being given up…
js-policies-for = { $count } selected rows of the model

act-policies = Start fresh with…
policies-title = What do these keys start with?
policies-take = Start fresh
policy-model = The model’s own
policy-model-hint = as its constructor leaves them
policy-zeros = Zeros
policy-zeros-hint = a new residual branch that does nothing yet
policy-ones = Ones
policy-ones-hint = scales of norms
policy-constant = A constant
policy-constant-hint = one value everywhere
policy-kaiming-normal = Kaiming, normal
policy-kaiming-normal-hint = before a ReLU; He et al.
policy-kaiming-uniform = Kaiming, uniform
policy-kaiming-uniform-hint = the default of torch for linear layers and convolutions
policy-xavier-normal = Xavier, normal
policy-xavier-normal-hint = before tanh or sigmoid; Glorot and Bengio
policy-xavier-uniform = Xavier, uniform
policy-xavier-uniform-hint = the same, evenly spread
policy-truncated-normal = Truncated normal
policy-truncated-normal-hint = heads and embeddings of transformers, within two deviations
policy-normal = Normal
policy-normal-hint = mean and deviation of your choice
policy-arg-value = value
policy-arg-mean = mean
policy-arg-std = deviation
policy-arg-gain = gain
policy-arg-seed = seed
policy-arg-nonlinearity = what follows

rule-drag = Drag to put the rules in another order
rule-note = Note of rule { $number }
rule-note-placeholder = Why is this rule here?
edit-rule-move = Rule { $number } moved
edit-rule-note = Note of rule { $number } changed
lint-looking = Looking the rules over…

detail-history = What was done to it

proposed-title = { $count ->
    [one] One key has a proposal
   *[other] { $count } keys have proposals
  }
proposed-from = from confidence
proposed-keys = { $count ->
    [one] 1 key
   *[other] { $count } keys
  }
proposed-accept = Accept the proposals for { $target }
proposed-reject = Reject the proposals for { $target }
proposed-more = { $count } more groups; the triage view goes through all of them.

history-name = Name it
history-name-placeholder = Name this version, so that you find it again
history-name-now = Name of version { $version }
history-name-of = Name version { $version }
history-named = { $count ->
    [one] One named version
   *[other] { $count } named versions
  }
history-undone = taken back
status-named = Version { $version } is now “{ $name }”.
status-unnamed = Version { $version } has no name any more.
version-taken = Taken: { $kind }

hints-label = Hints
hint-got-it = Got it
hint-no-more = No more hints
hint-proposals = Keygraft has found matches. Accept the certain ones at once, then go through the rest row by row: n goes to the next one that needs you.
hint-drag = Drag a row onto its partner, or select one on each side and press m. Whole modules and folded blocks work, too.
hint-keys = Everything has a key: ? lists them, Ctrl K finds every action. Single letters can be switched off there.

palette-policies = Start fresh with zeros, Kaiming, a constant…
palette-proposals = Proposals: accept by group or by confidence
palette-name-version = Name this version

home-delete-sure = “{ $title }” goes with its history, and nobody can bring it back. Its export stays where you saved it.
home-delete-yes = Delete it for good
home-from-plan = Start from a plan…
home-from-plan-hint = A plan that was exported here carries its model. Name the checkpoint, and its rules are at work at once.
home-plan-file = The plan as a file
home-plan-text = or pasted
home-plan-source = The checkpoint: a path, an address, or its keys
home-plan-start = Start
