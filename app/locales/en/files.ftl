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
file-views = { $count ->
        [one] One block of memory that several keys view:
       *[other] { NUMBER($count) } blocks of memory that several keys view each:
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
file-verdict-made = There is no file behind these keys that anything could load: they were built from a model's code, or given as text.
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
card-known = Names only classes that hold data in torch, numpy and the standard library.

## Values of two files

file-values = { $count ->
        [0] All values that could be compared are equal.
        [one] One tensor holds other values.
       *[other] { NUMBER($count) } tensors hold other values.
    }
file-values-nan = NaN on one side
file-values-apart = differs by up to { $largest }

## The page of one file

files-look = Look inside
files-look-hint = Keys, sizes and types of one file, without a second side
files-map-it = Map into a model
files-lead = { NUMBER($tensors) } { $tensors ->
        [one] tensor
       *[other] tensors
    }, { $parameters } parameters, { $size }
files-read = { $lent ->
        [lent] It stays on your computer: { $read } of { $size } were sent
        [remote] { $read } of { $size } were fetched
       *[other] { $read } of { $size } were read
    }{ $files ->
        [one] .
       *[other] , from { NUMBER($files) } files.
    }
files-names = What this file names
files-globals = { $count ->
        [one] One class or function is named
       *[other] { NUMBER($count) } classes and functions are named
    }
files-global = Name
files-times = Times
files-judged = What it is
files-offers = This file holds several sets of tensors
files-map = Modules by size
files-map-desc = Rectangles within rectangles, each as large as the { $measure ->
        [bytes] bytes
       *[other] parameters
    } of one module. Choose one to see what lies inside. The list below says the same in words.
files-map-empty = Nothing here has a size that is known.
files-measure = Sizes shown
files-by-bytes = bytes
files-by-parameters = parameters
files-trail = Where you are
files-all = All
files-others = { NUMBER($count) } small ones
files-share = { $share } %
files-keys = Keys
files-search = Find keys: conv, *.bias, /regex/, dtype:F16, shape:64x3
files-found = { $count ->
        [0] Nothing was found.
        [one] One line was found.
       *[other] { NUMBER($count) } lines were found.
    }
files-tensors = { $count ->
        [one] 1 tensor
       *[other] { NUMBER($count) } tensors
    }
files-more = … and { NUMBER($count) } more
files-tied = tied
files-strides = strides { $strides }
files-empty = There are no tensors in this file.
files-types = Element types
files-type = Type
files-scattered = Some tensors are views that do not lie in one row, or are not plain arrays.
files-aliases = { $count ->
        [one] One tensor under several keys
       *[other] { NUMBER($count) } tensors under several keys each
    }
files-views = { $count ->
        [one] One block of memory that several keys view
       *[other] { NUMBER($count) } blocks of memory that several keys view each
    }
files-other = Values beside the tensors ({ NUMBER($count) })
files-metadata = Metadata ({ NUMBER($count) })
files-files = Files ({ NUMBER($count) })

error-module-not-found = There is no { $path } in this file.
    .hint = Go back to the whole file, and choose from what is there.
