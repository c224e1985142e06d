### A side of a transfer is replaced by another version of it.

act-replace = Replace…
act-replace-source = Replace the weights' file by another version; the mapping is carried over
act-replace-target = Replace the model by another version; the mapping is carried over
palette-replace-source = Replace the weights' file…
palette-replace-target = Replace the model…
replace-title-source = Replace the weights
replace-title-target = Replace the model
replace-lead = Give the new version. You will see what moves before anything changes.
replace-now = Now:
replace-by = by
replace-now-named = is now
replace-of = { NUMBER($loaded) } of { NUMBER($total) } { $total ->
    [one] key
   *[other] keys
  }
replace-before = Filled before
replace-after = Filled after
replace-kept = As they were
replace-same = Nothing about the mapping changes: every key stands where it stood.
replace-moved = Have another name
replace-moved-hint = These are taken for the same tensors under a new name; the mapping follows them.
replace-refound = Found again
replace-refound-hint = Their source has another name; rules are added that find it.
replace-lost = No longer filled
replace-lost-hint = They were filled before, and nothing fills them on the new side.
replace-added = New
replace-added-hint = They were not there before, and nothing fills them yet.
replace-gone = Gone
replace-gone-hint = The new model has no such keys.
replace-rules = Rules
replace-rule-in = added
replace-rule-out = replaced
replace-rule-idle = no effect any more
replace-do = Replace it
replace-another = Choose another
replace-undo = One step: undo brings the old side back.
edit-replace-source = Weights replaced by { $label }
edit-replace-target = Model replaced by { $label }
error-source-not-found = This transfer has no source named “{ $name }”.
    .hint = Its sources are listed where the weights come from.
