## One checkpoint alone: its page, and `keygraft tree` and `keygraft diff` in the terminal.

file-headline = { $format }: { NUMBER($tensors) } { $tensors ->
        [one] tensor
       *[other] tensors
    }, { NUMBER($parameters) } { $parameters ->
        [one] parameter
       *[other] parameters
    }, { NUMBER($bytes) } bytes
file-read = Read { NUMBER($read) } of { NUMBER($size) } bytes in { $files ->
        [one] one file
       *[other] { NUMBER($files) } files
    }.
file-dtypes = Element types: tensors, parameters, bytes
file-aliases = { $count ->
        [one] One group of keys that are one tensor:
       *[other] { NUMBER($count) } groups of keys that are one tensor each:
    }
file-other = { $count ->
        [one] One value beside the tensors:
       *[other] { NUMBER($count) } values beside the tensors:
    }
file-offers = { $count ->
        [one] One more tree in the same file:
       *[other] { NUMBER($count) } more trees in the same file:
    }
file-offer = { $path }: { NUMBER($tensors) } { $tensors ->
        [one] tensor
       *[other] tensors
    }, { $role ->
        [weights] weights
        [ema] moving averages of weights
        [optimizer] state of an optimizer
       *[other] of unknown purpose
    }
file-metadata = Metadata:
file-root = (root)
file-more = … and { NUMBER($count) } more

file-verdict-data = Only data: this file names no classes or functions.
file-verdict-known = This file names only classes and functions that hold data in torch, numpy and the standard library. Nothing was executed.
file-verdict-unknown = This file names classes that we do not know. They were read as data; loading it with pickle would import and call them.
file-verdict-dangerous = Loading this file with pickle would run code that can do harm. Reading it here ran nothing. Do not load it with torch.load(weights_only=False).
file-global-known = holds data
file-global-unknown = unknown
file-global-dangerous = can run code

file-same = No difference: { NUMBER($alike) } { $alike ->
        [one] key
       *[other] keys
    } alike.
file-differ = { NUMBER($removed) } removed, { NUMBER($added) } added, { NUMBER($reshaped) } of another shape, { NUMBER($retyped) } of another type, { NUMBER($retied) } tied otherwise, { NUMBER($alike) } alike.
file-reordered = The keys that both have stand in another order.
file-untied = untied

## Addresses on the network

card-fetched = { $read } of { $size } were fetched
js-fetching = Fetching what is needed of { $address } …
js-fetched = { $received } so far
js-cancel = Cancel

## Values of two files

file-values = { $count ->
        [0] All values that could be compared are equal.
        [one] One tensor holds other values.
       *[other] { NUMBER($count) } tensors hold other values.
    }
file-values-nan = NaN on one side
file-values-apart = differs by up to { $largest }
