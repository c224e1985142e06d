## Comparing the tensors of both sides.
values-title = Compare the values
values-lead = Reads every tensor of both files and finds what is equal, transposed, cut, joined or in another order. What is found is proven on the bytes; names play no part.
values-open = By value
values-start = Compare the values
values-again = Compare again
values-running = Comparing: { $done } of { $total } read
values-waiting = Waiting for a worker
values-begins = The worker gets ready…
values-stop = Stop
values-stopped = The comparison was stopped.
values-failed = The comparison could not be finished.
values-nothing = No tensor of the model's file stands in the checkpoint: not as it is, not transposed, cut, joined or reordered.
values-found = Found in the checkpoint
values-new = { $count ->
    [one] 1 key that nothing fills yet
   *[other] { $count } keys that nothing fills yet
}
values-same = { $count ->
    [one] 1 key that the plan fills so already
   *[other] { $count } keys that the plan fills so already
}
values-other = { $count ->
    [one] 1 key that the plan fills otherwise
   *[other] { $count } keys that the plan fills otherwise
}
values-take-new = { $count ->
    [one] Map 1 key
   *[other] Map { $count } keys
}
values-take-other = { $count ->
    [one] Correct 1 key
   *[other] Correct { $count } keys
}
values-col-target = Model
values-col-source = Checkpoint
values-col-way = What was found
values-col-keys = Keys
values-way-equal = equal values
values-way-transposed = transposed
values-way-cut = a slice, equal values
values-way-joined = joined, equal values
values-way-reordered = rows in another order
values-standing-new = new
values-standing-same = as mapped
values-standing-other = mapped otherwise
values-more = … and { $count } more families
values-why-lent = A file that stays in the browser cannot be compared by the server. Give its path, or run keygraft automap --values where it lies.
values-why-not-held = { $label } has no tensors that the server can read: it is a list of keys or a model that was built.
edit-by-value = { $count ->
    [one] Mapped 1 key by value
   *[other] Mapped { $count } keys by value
}
palette-values = Compare the values of both files
error-values-not-held = The tensors of both sides are needed, and the server cannot read them.
    .hint = Give both sides as files that the server can read; or run keygraft automap --values where the files lie.
error-values-not-compared = These two sides have not been compared by value.
    .hint = Start a comparison first.
