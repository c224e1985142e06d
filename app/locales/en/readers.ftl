## Reading checkpoints. `$file` is a base name. Each: what happened, to which file; .hint: what to do.

error-unknown-format = { $detail ->
        [empty] { $file } is empty.
        [empty_folder] There is no file here, nor in the folders right below.
        [folder] None of the files beside { $file } is a checkpoint that can be read.
        [html] { $file } is a web page, not a checkpoint.
        [compressed] { $file } is a compressed archive.
        [pdf] { $file } is a PDF document.
        [json] { $file } is a JSON document, but no index of shards.
        [zip] { $file } is a zip archive, but none that holds weights in a form known here.
       *[unknown] { $file } is in no format known here.
    }
    .hint = { $detail ->
        [empty] Download or copy it again.
        [html] The download brought an error or log-in page instead of the file; download it again.
        [zip] Unpack it and choose the checkpoint inside.
        [compressed] Unpack it and choose the checkpoint inside.
       *[unknown] Formats that can be read: PyTorch, safetensors, GGUF, NumPy, HDF5 and Keras, ONNX, distributed checkpoints.
    }
error-lfs-pointer = { $file } is only a Git LFS pointer: the weights themselves were not downloaded.
    .hint = Run "git lfs pull" in the repository, or download the file from its page.
error-truncated = { $file } ends too early.
    .hint = The download or the copy broke off; fetch it again and compare its size.
error-unsupported-format = { $file } is { $format ->
        [msgpack] a Flax (msgpack) checkpoint
        [orbax] part of an Orbax checkpoint
        [tensorflow] a TensorFlow checkpoint
        [graph] a frozen TensorFlow graph
        [tflite] a TensorFlow Lite model
        [mindspore] a MindSpore checkpoint
        [paddle] a Paddle archive
        [package] a torch.package archive
        [aoti] a model that AOTInductor compiled
        [tar] a tar archive, as PyTorch 0.1 wrote it
        [ggml] a GGML file from before GGUF
        [joblib] a joblib file
       *[other] a { $format } file
    }, which is not read here yet.
    .hint = { $format ->
        [msgpack] Load it with Flax, convert it with flax.traverse_util.flatten_dict(params, sep="/") and save it with numpy.savez.
        [orbax] Restore it with Orbax, flatten it with flax.traverse_util.flatten_dict(params, sep="/") and save it with numpy.savez.
        [graph] Load its graph with TensorFlow and save its constants with numpy.savez.
        [tensorflow] Load it with tf.train.load_checkpoint and save its tensors with numpy.savez.
        [mindspore] Load it with mindspore.load_checkpoint and save its tensors with numpy.savez.
        [paddle] Load it with paddle.load and save its tensors with numpy.savez.
        [package] Open it with torch.package.PackageImporter and save the model's state_dict with torch.save.
        [tar] Open it with torch.load of PyTorch before 2.0 and save it again with torch.save.
        [joblib] Load it with joblib.load where you trust it, and save its arrays by name with numpy.savez.
        [aoti] Its weights lie inside a library. Choose the program that it was compiled from, as torch.export.save wrote it.
        [ggml] Convert it to GGUF with the scripts of llama.cpp.
       *[other] Save the weights as safetensors, with torch.save or numpy.savez, and choose that file.
    }
error-needs-consolidation = { $file } is one part of a { $kind ->
        [deepspeed] DeepSpeed ZeRO checkpoint
        [pipeline] checkpoint of a DeepSpeed pipeline
        [fsdp] checkpoint of FSDP shards
        [llama] checkpoint that Llama's own code cut for several devices
        [megatron] checkpoint that was cut for several devices
       *[other] sharded checkpoint
    }: no single part can be loaded by itself.
    .hint = { $kind ->
        [fsdp] In the run that wrote it, on as many processes, call { $command }, then save model.state_dict() once more.
       *[other] Run: { $command }
    }
error-needs-metadata = { $file } is one part of a distributed checkpoint.
    .hint = Choose the folder that holds it, with the file .metadata in it.
error-missing-library = { $file } needs the library { $library }, which is not installed here.
    .hint = Install it: pip install 'keygraft[{ $extra }]'.
error-no-such-nesting = { $file } has no tensors under { $nesting }.
    .hint = Choose one of the trees that the file offers.

error-malformed-pickle = { $file } holds a pickle that is damaged or was made by hand ({ $detail ->
        [cut] it ends in the middle
        [stack] it uses more values than it made
        [opcode] an opcode that no checkpoint uses
        [persistent] a reference to data outside of the pickle
        [callable] a call of something that cannot be called
        [global] a name that is none
        [tensor] a tensor that is none
        [array] an array that is none
        [storage] a storage that is none
        [two_formats] another file follows it
        [legacy] the parts of an old PyTorch file do not fit together
       *[other] { $detail }
    }).
    .hint = Fetch the file again. If it stays so, it was not written by PyTorch or NumPy: do not load it anywhere.
error-dangerous-global = Loading { $file } would run { $name }.
    .hint = Do not load this file with torch.load or pickle. Ask its author for a safetensors file.
error-limit = { $file } asks for more than the limit allows: { $detail ->
        [globals] it names too many classes
        [seconds] reading took too much time
        [wall] reading took too long
        [memory] reading took too much memory
        [depth] its containers are nested too deeply
        [keys] it holds too many tensors
        [key_length] a key is too long
        [entries] the archive holds too many files
        [entry_size] a part of the archive is too large
        [header_bytes] its header is too large
        [pickle_bytes] its pickle is too large
        [opcodes] its pickle takes too many steps
        [stack] its pickle keeps too many values
        [memo] its pickle remembers too many values
        [number] a number in it has too many digits
        [files] there are too many files
        [metadata] it says too much about itself
       *[other] { $detail }
    }.
    .hint = If you trust the file, raise the limit in the settings. A file from an ordinary training run never reaches it.
error-reader-failed = { $file } made the reader break down ({ $reason }). Nothing else was touched.
    .hint = Please report it, with the file if you can share it. Saved as safetensors it can be read.
error-reading-cancelled = Reading { $file } was cancelled.
    .hint = Open it again when you like.

error-zip-invalid = The zip archive { $file } is not sound: { $detail ->
        [duplicate] two entries have the same name
        [case_twin] two entry names differ only in upper and lower case
        [two_pickles] it holds more than one data.pkl
        [roots] its entries stand in more than one folder
        [encrypted] it is encrypted
        [method] an entry is compressed in an unusual way
        [overlap] entries overlap
        [prefix] something else stands in front of it
        [local_header] a file header is damaged
        [local_name] a file header names another file than the directory
        [local_size] a file header gives another size than the directory
        [zip64] its size records disagree
        [size] an entry has another size than it says
        [deflate] compressed data is damaged
        [disks] it is one part of a split archive
       *[directory] its directory is damaged
    }.
    .hint = Programs could read different things from such a file, so it is refused. Fetch it again, or have it saved again.
error-zip-path = The zip archive { $file } holds an entry that points outside of it: { $entry }.
    .hint = No checkpoint needs that; do not unpack this file.
error-zip-bomb = The entry { $entry } of { $file } inflates to far more than any checkpoint holds.
    .hint = Do not unpack this file.
error-missing-storage = { $file } has no data for the tensor storage { $key }.
    .hint = The file is incomplete; fetch it again.
error-bounds = The storage { $key } of { $file } has another size than the tensors that use it.
    .hint = The file is damaged; fetch it again.

error-safetensors-header = The header of { $file } is not one of safetensors: { $detail ->
        [length] its length does not fit the file
        [duplicate] the key { $key } stands in it twice
        [metadata] its metadata holds something else than texts
       *[json] it cannot be parsed
    }.
    .hint = Fetch the file again, or have it saved again.
error-offsets = { $key ->
        [none] The tensors of { $file } overlap or leave gaps.
       *[other] The place of { $key } in { $file } does not fit its shape or the file.
    }
    .hint = The file is damaged; fetch it again.
error-dtype = { $key } in { $file } has the element type { $dtype }, which is unknown.
    .hint = Save the file again with a current version of the library that wrote it.
error-shape = The shape of { $key } in { $file } makes no sense.
    .hint = The file is damaged; fetch it again.

error-gguf-header = The header of { $file } is not one of GGUF: { $detail ->
        [version] its version is unknown
        [cut] it ends too early
        [counts] it counts more entries than fit into the file
        [string] a text is longer than the file
        [array] a list is longer than the file
        [alignment] its alignment makes no sense
        [dimensions] a tensor has too many dimensions
        [duplicate] two tensors have the same name
       *[type] a value has an unknown type
    }.
    .hint = Fetch the file again, or convert it again.
error-npy-header = { $file } holds an array whose header makes no sense.
    .hint = Fetch the file again, or save it again with numpy.savez.
error-object-array = { $file } is an array of Python objects; it cannot be read without running code.
    .hint = Load it where you trust it, with allow_pickle=True, and save its arrays by name with numpy.savez.
error-hdf5-invalid = { $file } is damaged: the HDF5 library cannot read it.
    .hint = Fetch the file again. h5dump of the HDF5 tools tells more.
error-onnx-invalid = { $file } is no sound ONNX model.
    .hint = Fetch the file again, or check it with onnx.checker.
error-dcp-header = { $file } is not the metadata of a distributed checkpoint.
    .hint = Convert the folder: python -m torch.distributed.checkpoint.format_utils dcp_to_torch FOLDER OUTPUT.
error-export-header = The list of weights in { $file } cannot be read.
    .hint = Load it with torch.export.load and save its state_dict with torch.save.

error-index-header = { $file } is not an index of shards.
    .hint = An index is JSON with a "weight_map" from keys to file names.
error-index-path = { $file } names a shard by a path, { $shard }: only files in the same folder are allowed.
    .hint = Put the shards beside the index and name them by their file names.
error-missing-shard = { $file } names { $count ->
        [one] a shard that is not here: { $shard }.
       *[other] { $count } shards that are not here, the first being { $shard }.
    }
    .hint = Choose all shards together with the index, or their folder.
error-shards-collide = The key { $key } stands in { $file } and in another shard as well.
    .hint = Choose the shards of one checkpoint only, or its index file.
error-parts-missing = Of { $key }, { $needed } numbers, only { $held } stand in { $file } and the files beside it.
    .hint = Choose the folder with all shards of the checkpoint.
error-several-checkpoints = There are { $count } checkpoints here that are not parts of one: { $names }.
    .hint = Choose one of them.

## What is odd but did not stop the reading

warning-crc = { $count ->
        [one] The checksum of { $entry } is wrong.
       *[other] The checksums of { $count } entries are wrong, the first being { $entry }.
    }
warning-trailing-bytes = { $count } bytes stand behind the end of the checkpoint.
warning-cycle = Some values contain themselves ({ $key }); they are shown once.
warning-bounds = { $count ->
        [one] The tensor { $key } reaches outside of its storage.
       *[other] { $count } tensors reach outside of their storage, the first being { $key }.
    }
warning-shape = { $count ->
        [one] The shape or strides of { $key } make no sense.
       *[other] The shapes or strides of { $count } tensors make no sense, the first being { $key }.
    }
warning-dtype = { $count ->
        [one] The element type of { $key } is unknown.
       *[other] The element types of { $count } tensors are unknown, the first being { $key }.
    }
warning-missing-storage = { $count ->
        [one] The file holds no data for { $key }.
       *[other] The file holds no data for { $count } tensors, the first being { $key }.
    }
warning-masked = { $count ->
        [one] { $key } is a masked array: what lies under its mask is read like the rest.
       *[other] { $count } entries are masked arrays, the first being { $key }: what lies under their masks is read like the rest.
    }
warning-object-array = { $count ->
        [one] { $key } is an array of Python objects; it cannot be read without running code.
       *[other] { $count } entries are arrays of Python objects, the first being { $key }; they cannot be read without running code.
    }
warning-dangerous-global = Loading this file with pickle would run { $name }{ $count ->
        [one] {""}
       *[other] {" "}and { $count } such names in all
    }. It was not run here.
warning-unknown-class = The file mentions { $name }{ $count ->
        [one] , which is not known here
       *[other] {" "}and other classes that are not known here ({ $count } in all)
    }. Nothing of it was loaded.
warning-index-absent = { $count ->
        [one] The index lists { $key }, which no shard holds.
       *[other] The index lists { $count } keys that no shard holds, the first being { $key }.
    }
warning-index-unlisted = { $count ->
        [one] A shard holds { $key }, which the index does not list.
       *[other] The shards hold { $count } keys that the index does not list, the first being { $key }.
    }
warning-shard-absent = { $count ->
        [one] The file { $shard } is missing.
       *[other] { $count } files are missing, the first being { $shard }.
    }
warning-hdf5-external = { $count ->
        [one] { $key } is a link to somewhere else; it was not followed.
       *[other] { $count } links to somewhere else were not followed, the first being { $key }.
    }
warning-external-data = { $count ->
        [one] The data of { $key } lies in another file, which was not opened.
       *[other] The data of { $count } tensors lies in another file, which was not opened; the first is { $key }.
    }
warning-duplicate-name = { $count ->
        [one] The name { $key } stands twice; the first is shown.
       *[other] { $count } names stand twice; the first of each is shown, as { $key }.
    }
