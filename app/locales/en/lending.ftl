### Files that stay on the person's computer: what was sent, giving them again, making the new file in the browser.

lent-only-sent = Stays on your computer. Only names and shapes were sent: { $sent } of { $size }.
lent-short = { $sent } sent

# --- given again after a reload
attach-same = Here, and unchanged.
attach-touched = Here. { $file } was written again since it was read; its names and shapes are the same, its values may not be.
attach-changed = { $file } is no longer what was read: its size or its header is another one. Replace the weights by it (in the mapping), or give the earlier file.
attach-missing = { $count ->
    [one] { $file } is not among them.
   *[other] { $file } and { NUMBER($count) } files in all are not among them.
}
error-side-not-lent = { $label } does not stay on a computer of yours: the server reads it by itself.
    .hint = Nothing has to be given again.

js-attach-looking = Is it still the same file?
js-attach-click = It stays on your computer. Your browser asks once whether this page may read it again.
js-attach-gone = It stays on your computer, and this page does not hold it: drop it here or choose it.
js-attach-other = This is not { $file }. Drop or choose the file that was read.
js-attach-again = Attach again
js-attach-choose = Choose the file
js-attach-folder = Choose the folder
js-attach-no-handles = This browser keeps no file over a reload.
js-attach-plain-http = This address has no https, so the browser keeps no file over a reload.

# --- composing
compose-title = Make the new file here
compose-lead = Your browser puts it together out of the file on your computer. Nothing is uploaded.
compose-shards = In
compose-one-file = one file
compose-shard = shards of { $size }
compose-gives = { $files ->
    [one] { $name }, { $size }.
   *[other] { NUMBER($files) } files, { $size } in all.
}
compose-left-out = { $count ->
    [one] One key of the model is left out: nothing fills it.
   *[other] { NUMBER($count) } keys of the model are left out: nothing fills them.
}
compose-save = Save the file
compose-computes = { $count ->
    [one] One tensor has to be computed, which a browser cannot do byte for byte:
   *[other] { NUMBER($count) } tensors have to be computed, which a browser cannot do byte for byte:
}
compose-elsewhere = { $label } is not on your computer but read by the server. A file out of both is made by the command below.
compose-keys = { $count ->
    [one] 1 key
   *[other] { NUMBER($count) } keys
}
compose-no-rule = (no rule: equal names)
compose-blocked = its numbers are kept in quantized blocks
compose-scattered = its elements do not lie one after another in the file
compose-instead-blocks = Take the command below, which computes. Or give the file as an upload or by its path on the server.
compose-instead = Take the loader, or the command below: both compute. Or give the file as an upload or by its path on the server.
error-composition-computes = { $key } has to be computed, so the file cannot be put together from ranges alone.
    .hint = Take the loader, or run keygraft apply where the file is.

js-compose-first = The files must be here first.
js-compose-asking = Asking for the list of pieces …
js-compose-begun = { $done } of { $total }
js-compose-rate = { $done } of { $total } · { $speed }/s · { $left } left
js-compose-progress = Saving
js-compose-done = { $name } is saved: { $size } in { $seconds } s, { $speed }/s.
js-compose-stopped = Stopped. Nothing was saved.
js-compose-not-saved = It could not be saved.
js-compose-save-as = Save { $name } ({ $size })
js-compose-no-picker = This browser saves by its downloads. It reads your file while it saves: keep this page open until it is done.
js-compose-plain-http = This address has no https, so the browser saves by its downloads. It reads your file while it saves: keep this page open until it is done.
