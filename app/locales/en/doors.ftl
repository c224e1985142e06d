## Models from code: what the page says of them

side-foretold = { $tensors ->
    [one] A model with one key, told from its source without running it
   *[other] A model with { $tensors } keys, told from its source without running it
  }

error-preview-incomplete = The keys of { $name } are not certain without running it.
    .hint = Build it, run the snippet where the model lives, or paste a list of its keys.
error-preview-needs-code = { $label } is no code whose keys could be told without running it.
    .hint = Give a Python file, a folder or a zip: keygraft tree model.py --preview.
error-python-refused = Models cannot be built with { $path }.
    .hint = Give the full path of a Python interpreter or of a virtual environment; a server may list the ones it allows in KEYGRAFT_PYTHONS.

door-missing = { $count ->
    [one] One package that this code imports is not installed here:
   *[other] { $count } packages that this code imports are not installed here:
  }
door-missing-line = { $file } line { $line }
door-missing-hint = Building will stop there if the model needs it. Name your own environment below, or look at the keys without running the code.
door-edits = Edit after building
door-edits-hint = One line each; the model is called net.
door-python = Your own Python
door-python-hint = Full path of an interpreter or of a virtual environment with torch. Empty: Keygraft's own.
door-more = Edits, other environment
door-preview = Keys without running
door-log = What the code printed
door-trace = Where it happened
door-preview-title = Told without running it
door-preview-complete = { $count ->
    [one] One key, and it is certain.
   *[other] { $count } keys, and they are certain.
  }
door-preview-incomplete = { $count ->
    [0] The keys are not known without running the code.
    [one] Incomplete: at least one key.
   *[other] Incomplete: at least { $count } keys.
  }
door-preview-more = { $count ->
    [one] and one more
   *[other] and { $count } more
  }
door-preview-take = Use these keys
door-snippet = Where the model already runs
door-snippet-hint = Run this there and paste what it prints: it gives the full tree.
door-snippet-copy = Copy
door-versions = Built with { $versions }
door-status = See which walls of the sandbox hold
door-suggestions = Installed models

status-title = Status
status-lead = How this server does, tried just now.
status-code = Building models from code
status-code-on = Every wall of the sandbox holds. Code may be built.
status-code-off = Code is not built here.
status-walls = Walls of the sandbox
status-holds = holds
status-open = missing
status-versions = Versions
status-house = This server
status-database = Database
status-data = Data folder
status-ready = answers
status-down = does not answer
status-data-open = can be written
status-data-closed = cannot be written
