## The command line

cli-help = Move weights between model implementations.
cli-plan-help = Work on plan files.
cli-configured = Building { $call }: its arguments stand in a configuration beside the code.
cli-see-help = Run with --help to see what is possible.

error-nothing-runs = No page runs on this data folder.
    .hint = Start it with keygraft serve.
error-port-taken = { $host }:{ $port } cannot be listened on: { $reason }.
    .hint = Choose another port with --port, or 0 for a free one.
error-source-named-twice = The source { $name } is given twice.
    .hint = Give each source a name of its own: --source NAME=SIDE.
error-source-unexpected = { $name } is not the checkpoint that this plan was made for: keys, shapes or dtypes differ.
    .hint = Give the right file, or evaluate the plan against this one first.
error-file-unwritable = { $file } cannot be written: { $reason }.
    .hint = Choose another place.
error-plan-unfinished = The plan leaves keys open: { $missing } missing, { $mismatched } with other shapes, { $conflicting } reached twice.
    .hint = Finish the plan, or write what there is with --allow-partial.
error-size-unreadable = { $text } is no size.
    .hint = Write it like 5GB or 500MB.
error-setting-invalid = { $name } cannot be that: { $why }.
    .hint = keygraft settings lists every setting with its meaning.
error-server-address = { $address } is no address of a server.
    .hint = Give it like https://keygraft.example, or the whole link that it printed.
error-server-unreachable = { $address } does not answer: { $why }.
    .hint = Check the address, and that the server runs.
error-server-refused = The server refused: { $why }
    .hint = { $hint }
error-server-stranger = The server did not let you in.
    .hint = Give the link that it printed, or set KEYGRAFT_TOKEN to its token or to one of yours.
error-nesting-without-source = There is no source { $name } that --nesting could speak of.
    .hint = Give --nesting PATH for an unnamed source, --nesting NAME=PATH for a named one.
