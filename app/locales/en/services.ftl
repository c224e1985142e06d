## What a side was understood to be

side-checkpoint = { $tensors ->
    [one] A checkpoint with one tensor
   *[other] A checkpoint with { $tensors } tensors
  }, { $format }
side-model = { $tensors ->
    [one] A model with one key
   *[other] A model with { $tensors } keys
  }
side-pasted = { $count ->
    [one] One pasted key
   *[other] { $count } pasted keys
}
side-text = { $tensors ->
    [one] A list of one key
   *[other] A list of { $tensors } keys
  }
side-plan = The model that a plan was made for, { $tensors } keys
side-wanted = { $count ->
    [one] One file that stays on your computer; its header is being read
   *[other] { $count } files that stay on your computer; their headers are being read
  }
side-choose = { $count ->
    [one] Python source with one model in it
   *[other] Python source with { $count } classes that may be the model
  }
person-local = You

## What an edit did

edit-accepted = { $count ->
    [one] One proposal taken
   *[other] { $count } proposals taken
  }
edit-rejected = { $count ->
    [one] One proposal refused
   *[other] { $count } proposals refused
  }
edit-mapped = { $count ->
    [one] One key mapped
   *[other] { $count } keys mapped
  }
edit-unmapped = { $count ->
    [one] One key no longer mapped
   *[other] { $count } keys no longer mapped
  }
edit-fresh = { $count ->
    [one] One key starts fresh
   *[other] { $count } keys start fresh
  }
edit-ignored = { $count ->
    [one] One key left behind
   *[other] { $count } keys left behind
  }
edit-jump = Back to version { $version }
edit-import = { $count ->
    [one] Plan with one rule taken over
   *[other] Plan with { $count } rules taken over
  }
edit-undo = Undone
edit-redo = Done again

## Ways out

export-why-lent = The file stays on your computer, so the server does not write it: your browser makes a safetensors file, or run the line below.
export-why-not-held = The weights are not on this machine, so they cannot be written here: take the loader.
export-why-unfinished = Some keys are still open: { $missing } missing, { $mismatched } with other shapes, { $conflicting } reached twice.

## Errors: sides

error-remote-forgotten = What was secret in the address { $url } is no longer known: it is never stored.
    .hint = Give the whole address again.
error-remote-switched-off = Addresses on the network are switched off here.
    .hint = Download the file and drop it on the page, or set KEYGRAFT_REMOTE.
error-upload-too-large = { $file } is larger than the { $limit } MB that may be uploaded.
    .hint = Drop it on the page instead: then it stays on your computer and only its header is sent.
error-request-too-large = The request is larger than the { $limit } MB that are allowed.
    .hint = Send fewer files at once, or raise KEYGRAFT_UPLOAD_BYTES.
error-side-not-found = There is nothing under { $side }.
    .hint = It may have been deleted; give the file or the model again.
error-side-not-ready = { $label } is not complete yet.
    .hint = Finish it first: choose the class, or let the page send what is asked for.
error-tree-not-found = The keys of this side are no longer kept.
    .hint = Give the file or the model again.
error-nesting-not-there = There is nothing at { $nesting }.
    .hint = Choose one of the trees that are offered.
error-path-outside-roots = { $path } lies outside the folders that may be opened.
    .hint = Start Keygraft in that folder, or add it to KEYGRAFT_ROOTS.
error-folder-not-found = The folder { $path } is not there.
    .hint = Go up one folder and choose again.
error-folder-unreadable = The folder { $path } may not be read.
    .hint = Check its permissions, or choose another one.
error-lent-nothing = No file was named.
    .hint = Drop one file or folder.
error-lent-too-many = More than { $limit } files were named.
    .hint = Drop only the folder that holds the checkpoint.
error-lent-twice = Two files have the same name.
    .hint = Drop the folder that holds them rather than the files.
error-lent-size = { $file } is said to have a size, or a time, that no file has.
    .hint = Give the file again.
error-lent-too-much = More than { $limit } MB of headers were sent.
    .hint = Give the file's path on the server, or raise KEYGRAFT_LENT_BYTES.
error-lent-rounds = { $file } could not be read: after { $rounds } rounds of questions bytes were still lacking.
    .hint = Give the file's path on the server, or upload it.
error-lent-forgotten = The server no longer remembers what was sent of this file.
    .hint = Drop it again.

## Errors: models

error-no-model = No class in this source looks like a model.
    .hint = Paste the file that defines the nn.Module, or a list of its keys and shapes.
error-source-unparsable = Line { $line } is no Python: { $why }.
    .hint = Correct the line, or paste the whole file.
error-candidate-not-found = The source has no class or function { $name }.
    .hint = Choose one that is listed.
error-not-code = { $label } is no Python source.
    .hint = Paste the source, or upload a .py file.
error-code-refused = Model code is not run here.
    .hint = Those who look after this server have switched it off. Give a list of keys, a checkpoint of the model, or what the snippet prints where the model runs.

## Errors: transfers and edits

error-transfer-not-found = There is no transfer { $transfer }.
    .hint = It may have been deleted; the start page lists those that are there.
error-transfer-without-source = A transfer needs weights to take from.
    .hint = Give a checkpoint first.
error-title-empty = A title needs a letter.
    .hint = Type a name by which you will find it again.
error-plan-without-target = The plan carries no target.
    .hint = Give the model too, or export the plan again: an exported plan carries its target.
error-version-not-found = There is no version { $version }.
    .hint = The history lists those that are there.
error-version-unknown = Version { $version } is newer than anything here.
    .hint = Reload the page.
error-edit-conflict = Somebody changed the same in the meantime; the newest version is { $version }.
    .hint = Look at the newest version and do it again there. Nothing of either side is lost.
error-undo-conflict = Your last step was changed since, in version { $version }, and cannot be taken back by itself.
    .hint = Jump back in the history, or change the rule by hand.
error-redo-conflict = What you took back no longer fits version { $version }.
    .hint = Do it again by hand.
error-nothing-to-undo = There is nothing of yours to take back.
    .hint = The history lists every step, also those of others.
error-nothing-to-redo = There is nothing to do again.
    .hint = Only a step that was just taken back can be done again.
error-proposal-gone = There is no open proposal for { $target }.
    .hint = Reload: it may have been taken or refused already.
error-nothing-to-accept = No open proposal fits.
    .hint = Map what is left by hand.
error-nothing-to-reject = No open proposal fits.
    .hint = Reload: it may have been taken or refused already.
error-key-not-found = There is no key { $key }.
    .hint = Reload the page; the list may be of an older version.
error-source-name-unknown = There is no source named { $name }.
    .hint = Choose one of the sources of this transfer.
error-shapes-differ = { $source } is { $from }, { $target } is { $to }.
    .hint = Choose how it shall be made to fit, or let the key start fresh.
error-not-mapped = { $target } is not mapped.
    .hint = Choose a key that is.

## Errors: exports

error-export-kind-unknown = There is no way out named { $kind }.
    .hint = The list of exports names those that are there.
error-export-option = The option { $name } cannot be { $value }.
    .hint = Leave it out, or choose one that is offered.
error-dtypes-unreadable = There is no pattern or no type in { $text }.
    .hint = Write a pattern and its type, with a semicolon between two: *.norm.*=F32; head.*=keep
error-export-not-held = The weights of { $label } are not on this machine.
    .hint = Take the loader script, or run `keygraft apply` where the file is.
error-source-changed = { $file } was changed since it was read.
    .hint = Give it again as a new source.

## Errors: the way in

error-link-needed = This page opens with the link that Keygraft printed when it was started.
    .hint = Open that link; `keygraft link` prints it again. Programs send the token as Authorization: Bearer.
error-link-outdated = This link is of an earlier start.
    .hint = Open the link that was printed last; `keygraft link` prints it again.
error-host-refused = { $host } is not a name of this server.
    .hint = Open it as 127.0.0.1 or localhost, or add the name to KEYGRAFT_ALLOWED_HOSTS.
error-cross-site = A page of another site sent this, so nothing was done.
    .hint = Do it on the page itself.
error-token-short = KEYGRAFT_TOKEN is shorter than { $least } characters: where others can reach the server, that can be guessed.
    .hint = Set it to a long random text.
error-not-ready = The database does not answer.
    .hint = Look at the log of the server.
error-request-invalid = The request is not understood at { $where }: { $why }.
    .hint = /api/v1/openapi.json describes every request.
error-no-such-page = There is nothing at { $path }.
    .hint = Go back to the start page.
error-method-not-allowed = { $method } is not possible here.
    .hint = /api/v1/openapi.json describes every request.
error-export-failed = The file could not be written: { $why }
    .hint = Take the loader script, or run `keygraft apply` on the machine that holds the weights.
error-database-unusable = The database cannot be used: { $why }
    .hint = Check KEYGRAFT_DATABASE_URL and KEYGRAFT_DATA, and that the disk is neither full nor read-only.
error-data-folder = The data folder { $path } cannot be used: { $why }.
    .hint = Choose another one with --data or KEYGRAFT_DATA.
