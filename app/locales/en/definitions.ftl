## Pasted text

error-text-empty = There is no text to read.
    .hint = Paste a list of keys, a printed state_dict, or the error that load_state_dict raised.
error-text-too-long = The text is longer than { $limit } MB.
    .hint = Give the file itself as a checkpoint, or paste only keys, shapes and dtypes.
error-text-is-lent = { $file } is text: a list of keys or a configuration, which is read as a whole.
    .hint = Give its path on the server, or upload it through the API; KEYGRAFT_TEXT_BYTES, { $limit } MB now, says how long it may be.
error-text-without-keys = The text names no keys.
    .hint = Paste one key a line, with its shape if you have it: layers.0.weight [64, 3].
error-text-too-many-keys = The text names more than { $limit } keys.
    .hint = Give the file itself, or a part of the list.
error-text-key-length = A key is empty or longer than { $limit } characters.
    .hint = Check that the text holds keys and not the values of tensors.
error-text-duplicate-key = The key { $key } comes twice, with different shapes or types.
    .hint = Keep the line that is right.
error-text-line-unreadable = Line { $line } is no key: { $text }
    .hint = Each line should hold a key, and may hold a shape and a dtype. Remove other lines or start them with #.
error-text-value-unreadable = The entry { $key } has no shape that can be read.
    .hint = Write each entry as "key": [64, 3] or "key": {"{"}"shape": [64, 3], "dtype": "F32"{"}"}.
error-text-shape-unreadable = The shape of { $key } cannot be read: { $text }
    .hint = A shape is a list of whole numbers, such as [64, 3, 7, 7].
error-text-dtype-unknown = The dtype of { $key } is not known: { $text }
    .hint = Write it as safetensors does (F32, BF16, I64) or as torch does (torch.float32).
error-text-cut = The text ends in the middle of the value of { $key }.
    .hint = Paste the whole print, or only the keys and their shapes.
error-text-nested = This print holds dictionaries inside one another.
    .hint = Print the one that is meant, such as checkpoint["state_dict"], or give the file itself.
error-text-is-config = This JSON is a model's configuration, not a list of keys.
    .hint = Save it as config.json and give it as a model: transformers:config.json or diffusers:config.json.
error-text-is-code = This text is Python source, not a list of keys.
    .hint = Give it as the model's code; it is built in the sandbox.
error-text-is-module-print = This is a model's print or summary; it does not tell every key and shape.
    .hint = Run the snippet on the model and paste what it prints, or paste the model's code.
error-live-malformed = The description of the model is damaged: { $detail }
    .hint = Run the snippet again and paste everything it prints.
error-load-error-needs-source = A load error tells what differs ({ $missing } missing, { $unexpected } unexpected keys), not the whole model.
    .hint = Give the checkpoint that was loaded first; the model's keys then follow from both.
error-load-error-other-source = The error speaks of { $key } ({ $count } such keys), which this checkpoint does not have.
    .hint = Choose the checkpoint, or the part of it, that was passed to load_state_dict when the error was raised.
warning-text-lines-passed-over = { $count ->
    [one] One line names no key and was passed over
   *[other] { $count } lines name no key and were passed over; the first is
  }, line { $line }: { $text }
warning-load-error-shapes-unknown = { $count } missing keys have no shape: the error does not tell it.

## Specifications

error-spec-too-long = The specification is longer than { $limit } characters.
    .hint = Put long arguments into a small Python file with a factory function.
error-spec-unknown-door = { $door } is no kind of model we know.
    .hint = Start with one of: { $doors }. For example timm:resnet50(num_classes=10).
error-spec-name = No class, function or model name can be read in: { $text }
    .hint = Write it as python:FILE.py:Class(args), python:FOLDER:package.module:factory(args) or timm:resnet50(num_classes=10).
error-spec-arguments = These arguments are not Python: { $text }
    .hint = Write them as in a call: (10, in_chans=1, act="relu").
error-spec-not-literal = The argument { $text } is no literal.
    .hint = Use numbers, text in quotation marks, True, False, None, lists, tuples or dictionaries.
error-spec-starred = Arguments with * or ** cannot be used here.
    .hint = Write every argument by itself.
error-spec-path = { $path } cannot be read: { $detail }.
    .hint = Check the path; a relative one starts at the folder that Keygraft was started in.
error-spec-hub-name = There is no file { $name } here; as the name of a model on the hub it says nothing of its sizes.
    .hint = Give its config.json, or a class with what differs: { $library }:SomeModel(hidden_size=768).
error-edit-unreadable = This is no edit: { $text }
    .hint = Write one assignment, deletion or call on net, such as net.fc = nn.Linear(512, 10).

## The static preview: why a tree is not certain

preview-unknown = Line { $line }: { $what } comes from code that is not here.
preview-raises = Line { $line }: the constructor would stop with { $detail }.
preview-unsupported = Line { $line }: { $what } is more than the preview follows.
preview-budget = Line { $line }: the constructor takes too many steps.
preview-shape = The shape or dtype of { $key } is only known when the code runs.
preview-empty = No parameters were found.
preview-definition = The definition cannot be read without running it ({ $code }).

## Uploads

error-upload-path = The archive names a file outside its own folder: { $name }
    .hint = Pack the folder again with relative paths.
error-upload-link = The archive holds a link: { $name }
    .hint = Pack the files themselves instead of links.
error-upload-damaged = The archive is damaged or encrypted.
    .hint = Pack it again as a plain zip without a password.
error-upload-twice = The archive holds { $name } twice.
    .hint = Pack it again with each file once.
error-upload-file-large = { $name } is larger than { $limit } MB.
    .hint = Only source and small configuration files are needed to build a model.
error-upload-large = The sources take more than { $limit } MB.
    .hint = Give only the package that defines the model.
error-upload-many-files = There are more than { $limit } files.
    .hint = Give only the package that defines the model.
error-upload-folder-large = { $path } holds more than { $files } source files or { $limit } MB.
    .hint = Name the package's own folder, or a single file: python:FILE.py:Class().
error-upload-notebook = The notebook holds no cells that can be read.
    .hint = Save it in Jupyter's format 4, or give the code as a .py file.
error-upload-without-code = No Python file was found.
    .hint = Give the .py file that defines the model, or a zip or the folder of its package.

## Building

error-build-no-model = No model class was found.
    .hint = The file should define a class derived from torch.nn.Module, or a function that returns one: name it.
error-build-several = Several classes could be the model: { $names }
    .hint = Choose one, the likeliest is the first: write { $example } behind the file or folder, or pick it on the page.
error-build-several-configs = Several configurations say how { $name } is made: { $places }
    .hint = Write the call behind the file or folder: { $example }. The first configuration has { $first }.
error-build-name = There is no { $name } here. Found: { $names }
    .hint = Check the name of the class or function.
error-build-no-module = The project has no module { $module }.
    .hint = Name the module as in an import, starting at the folder that was given.
error-build-not-model = What was built is no torch.nn.Module but a { $kind }.
    .hint = Name a class derived from nn.Module, or a function that returns one.
error-build-missing-package = The package { $package } is not installed here ({ $file }, line { $line }).
    .hint = Build in your own environment (--python PATH), run the snippet there (keygraft snippet prints it), or tell the keys without running the code (keygraft tree --preview).
error-build-missing-library = The library { $library } is not installed here (lacking: { $package }).
    .hint = Install keygraft[{ $library }], or build in your own environment with --python PATH.
error-build-library-lacks = The library { $library } cannot be imported here: { $package } is not installed.
    .hint = Install { $package } beside it, or build in another environment with --python PATH.
error-build-broken-library = The library { $library } cannot be imported: { $detail }
    .hint = Its version may not fit this torch; build in your own environment with --python PATH.
error-build-relative-import = { $file } imports from its own package (line { $line }), which is not here.
    .hint = Give the whole folder, or a zip of it, and name the module: package.module.
error-build-syntax = { $file }, line { $line }: { $detail }
    .hint = Correct the source; this is what Python says of it.
error-build-exits = The file ends the program when it is imported ({ $file }, line { $line }): { $detail }
    .hint = It reads the command line or calls exit at top level; move that under if __name__ == "__main__".
error-build-file-missing = The code opens a file that is not there: { $path } ({ $file }, line { $line })
    .hint = Give the file together with the code, in one folder or zip, or build the model without it.
error-build-not-allowed = The code does something the sandbox does not allow ({ $file }, line { $line }): { $path }
    .hint = Only the files that were given can be read, and only temporary files written.
error-build-network = The code wants the network ({ $file }, line { $line }): { $detail }
    .hint = There is none in the sandbox. Turn off downloads: pretrained=False, weights=None.
error-build-cuda = The code wants a GPU ({ $file }, line { $line }): { $detail }
    .hint = Build the model on the CPU: take .cuda() and device="cuda" out of the constructor.
error-build-memory = The model needs more memory than a build may use ({ $file }, line { $line }).
    .hint = Build it with smaller arguments, or in your own environment with the snippet.
error-build-argument = The argument { $text } cannot be evaluated: { $kind }: { $detail }
    .hint = Use a literal, or a name that the file itself defines.
error-build-argument-text = The argument { $name } is text that looks like a number: { $detail }
    .hint = Write it without quotation marks.
error-build-arguments = The arguments do not fit: { $detail }
    .hint = It takes { $signature }; a value may use what the file defines, as in Net(Backbone(), 10).
error-build-edit = The edit { $text } failed: { $kind }: { $detail }
    .hint = The built model is called net; nn and torch are known.
error-build-unknown-model = { $library } has no model { $name }.
    .hint = Like names: { $close }. Of a checkpoint on the hub, give the config.json.
error-build-unknown-architecture = { $library } does not know the architecture { $name }: { $detail }
    .hint = A newer version of the library may; or give the model's code.
error-build-failed = Building failed in { $file }, line { $line }: { $kind }: { $detail }
    .hint = The log shows what the code printed; correct the code or its arguments and build again.

warning-build-rung = The model was built on the CPU ({ $rung }): it could not be built without data.
warning-build-patched = { $what ->
    [alone] The code asked for its process group; it was let believe that it is the only process of one.
    [cuda] The code asked for a GPU; it was let believe that there is one.
   *[load] The code wanted to load weights or reach the network; it was let believe that it did.
  }
warning-build-cut = The file broke off in { $file }, line { $line } ({ $detail }); the model was defined before that.
warning-build-lazy = { $count } parameters get their shape only when data passes through: add an edit that passes some, net(torch.zeros(1, 3, 224, 224)).
warning-build-load-hook = { $count } modules change keys or tensors while they load, the first is { $module }.
warning-build-state-dict-custom = { $module } has a state_dict of its own making.

## The sandbox

error-sandbox-unavailable = Code cannot run here: the sandbox lacks { $layer }.
    .hint = See the status page; use a static preview, a key list, the snippet, or a newer Linux kernel.
error-sandbox-platform = Code cannot be sandboxed on { $platform }.
    .hint = Use the static preview, a key list or the snippet, or run Keygraft on Linux.
error-sandbox-python = There is no Python interpreter at { $path }.
    .hint = Name the interpreter of the environment, such as .venv/bin/python.
error-sandbox-start = The sandbox does not start: { $detail }
    .hint = The interpreter needs Python 3.8 and torch 1.13 or newer.
error-sandbox-probe = The sandbox could not be tested: { $detail }
    .hint = Code does not run until the test passes; use a static preview, a key list or the snippet.
error-sandbox-timeout = The job was ended after { $seconds } seconds.
    .hint = The code may wait for something or loop; build with smaller arguments, or raise the time limit in the settings.
error-sandbox-memory = The job needed more than { $limit } MB of memory and was ended.
    .hint = Build with smaller arguments, or raise the memory limit in the settings.
error-sandbox-disk = The job wrote more than { $limit } MB or { $entries } files and was ended.
    .hint = A model definition should write nothing.
error-sandbox-log = The job printed more than { $limit } MB and was ended.
    .hint = Take the prints out of the code.
error-sandbox-answer-large = The model's description is larger than { $limit } MB.
    .hint = Build a smaller configuration: fewer layers or experts.
error-sandbox-answer-invalid = The job's answer cannot be trusted: it does not have the right form.
    .hint = The code interferes with how it is described; use the snippet or a key list.
error-sandbox-crashed = The job crashed ({ $signal }).
    .hint = The log shows what it printed before; the code or one of its libraries is at fault.
error-sandbox-exited = The code ended the process by itself (status { $status }).
    .hint = Take calls of exit and os._exit out of the code.

sandbox-layer-server = The fork server has one thread
sandbox-layer-landlock = Landlock is in the kernel
sandbox-layer-descriptors = No open file is inherited
sandbox-layer-environment = The environment is empty
sandbox-layer-user = The job is not root
sandbox-layer-files = Files outside cannot be read or written
sandbox-layer-attributes = Modes and times of files cannot be changed
sandbox-layer-network = No socket can be made
sandbox-layer-processes = No process can be started
sandbox-layer-signals = No other process can be reached
sandbox-layer-limits = Time and memory are limited
sandbox-layer-libraries = Python's libraries can be read
sandbox-layer-scratch = The job's own folder can be written
