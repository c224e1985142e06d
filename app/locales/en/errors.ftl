## Errors that no single room owns. Each: what happened, to what; .hint: what to do.

error-internal = Something went wrong on our side. Nothing that was saved is lost.
    .hint = Try again; the log of the server names the cause under { $reference }.
