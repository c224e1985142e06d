"""A small seeded fuzzer for the readers: honest files, bent in ways that parsers dislike.

usage: python -m tests.fuzz.mutations [--seconds 60] [--seed 1] [--save FOLDER]

Each bent file must end in a tree or in a KeygraftError. Anything else is told with the seed that makes it again, and saved.
"""

import argparse
import io
import json
import random
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from app.errors import KeygraftError
from app.readers import Limits, read, read_limited
from app.sources import LentFiles, MemoryFiles, RangeStore, RangesWanted
from tests.readers import assembler as a

LIMITS = Limits(entries=2_000, keys=2_000, opcodes=200_000, memo=100_000, stack=100_000, pickle_bytes=1 << 22, header_bytes=1 << 22)
_SELDOM = 200
"""One in so many turns HDF5 is read: a process that loads its library takes a tenth of a second."""
TOKENS = (
    b"\xff\xff\xff\xff",
    b"\x00\x00\x00\x80",
    b"\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"PK\1\2",
    b"PK\3\4",
    b"PK\5\6",
    b"PK\6\6",
    b"\x8e",
    b"\x95",
    b"Q",
    b"R",
    b"b",
    b"u",
    b"(",
    b"t",
    b"0",
    b"1",
    b"2",
    b"}",
    b"]",
    b"{",
    b'"',
    b",",
    b"-1",
    b"1e999",
    b"\\u0000",
)


def corpus() -> dict[str, bytes]:
    """Return one honest file for each way through the readers."""
    return {name: wrap(data) for name, (data, wrap) in parts().items()}


def parts() -> dict[str, tuple[bytes, Callable[[bytes], bytes]]]:
    """Return what is bent, and what is put around it afterwards: a bent zip rarely gets past its directory, a bent pickle in it does."""
    import pickle

    import h5py
    import numpy as np

    groups = io.BytesIO()
    with h5py.File(groups, "w") as file:
        file["net/w"], file["net/b"] = np.ones((2, 3), np.float32), np.arange(4)
    state = a.dict_(a=a.tensor(), b=a.tensor(size=(4,), stride=(1,)), c=a.call("torch", "Size", a.tuple_(b"K\2")))
    arrays = io.BytesIO()
    np.savez(arrays, w=np.zeros((2, 3), np.float32), b=np.arange(4))
    entry = {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}
    gguf = b"GGUF" + b"\3\0\0\0" + (1).to_bytes(8, "little") * 2 + (1).to_bytes(8, "little") + b"k" + b"\4\0\0\0\x20\0\0\0"
    gguf += (1).to_bytes(8, "little") + b"w" + b"\1\0\0\0" + (4).to_bytes(8, "little") + bytes(4) + bytes(8)
    whole = {
        "zip": a.zipped(a.pickle(state)),
        "legacy": a.legacy(a.dict_(w=a.tensor())),
        "onnx": a.onnx("w", (2, 2), bytes(16)),
        "protocol 0": b"(dp0\nVw\np1\n(lp2\nI1\naF1.5\nasS'text'\nL12L\ns.",
        "protocol 4": pickle.dumps({"w": np.ones((2, 3), np.float32), "n": {"b": [1, 2.5, None, True, b"x" * 40, {"k"}]}}, protocol=4),
        "protocol 5": pickle.dumps({"w": np.ones((2, 3), np.float32), "t": (1, 2, 3, "é" * 50)}, protocol=5),
        "safetensors": a.safetensors({"__metadata__": {"format": "pt"}, "a": entry, "b": entry | {"data_offsets": [16, 32]}}, bytes(32)),
        "protocol 2": pickle.dumps({"w": np.ones((2, 3), np.float32), "b": np.ones(90)}, protocol=2),
        "npz": arrays.getvalue(),
        "hdf5": groups.getvalue(),
        "gguf": gguf + bytes(96),
    }
    nested = a.pickle(a.dict_(model=state, epoch=b"K\7", args=a.name("acme", "Args") + b")\x81" + a.dict_(x=b"N") + b"b"))
    inside: dict[str, tuple[bytes, Callable[[bytes], bytes]]] = {
        "pickle in a zip": (a.pickle(state), a.zipped),
        "module in a zip": (a.pickle(a.module(weight=a.tensor(), bias=b"N")), a.zipped),
        "pickle in a deflated zip": (nested, partial(a.zipped, method=zipfile.ZIP_DEFLATED)),
        "header of safetensors": (
            json.dumps({"a": entry, "b": entry | {"data_offsets": [16, 32]}}).encode(),
            lambda text: a.safetensors(text, bytes(32)),
        ),
    }
    return {name: (data, bytes) for name, data in whole.items()} | inside


def bent(data: bytes, chance: random.Random) -> bytes:
    """Bend a file once to six times."""
    out = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(out) + 1)
        kind = chance.randrange(7)
        if kind == 0 and place < len(out):
            out[place] = chance.randrange(256)
        elif kind == 1 and place < len(out):
            out[place] ^= 1 << chance.randrange(8)
        elif kind == 2:
            out[place:place] = chance.choice(TOKENS)
        elif kind == 3:
            token = chance.choice(TOKENS)
            out[place : place + len(token)] = token
        elif kind == 4:
            del out[place : place + chance.randint(1, 16)]
        elif kind == 5:
            start = chance.randrange(len(out) + 1)
            out[place:place] = out[start : start + chance.randint(1, 64)]
        elif chance.random() < 0.2:
            del out[place:]
    return bytes(out)


def mishap(name: str, data: bytes) -> str:
    """Read a file; return the name of what went wrong beyond a refusal, "" where nothing did.

    HDF5 is read by a library that may go round in circles for ever: as in the product, by a process that may not.
    """
    try:
        if name == "hdf5":
            store = RangeStore()
            store.put("file", 0, data)
            read_limited(LentFiles({"file": len(data)}, store), limits=LIMITS)
        else:
            read(MemoryFiles({"file": data}), limits=LIMITS)
    except KeygraftError:
        return ""
    except (MemoryError, RangesWanted):
        return ""
    except Exception as error:  # noqa: BLE001 -- to find these is what a fuzzer is for
        return f"{type(error).__name__}: {error}"
    return ""


def cases(seed: int) -> Iterator[tuple[int, str, bytes]]:
    """Bend the corpus without end; each case has a seed of its own that makes it again."""
    files = list(parts().items())
    while True:
        turn, place = divmod(seed, len(files))
        name, (data, wrap) = files[place]
        if name != "hdf5" or turn % _SELDOM == 0:
            yield seed, name, wrap(bent(data, random.Random(seed)))  # noqa: S311 -- repeatable, not secret
        seed += 1


def main() -> int:
    """Run for a while; 1 where something was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", type=Path)
    given = parser.parse_args()
    deadline, found, count = time.process_time() + given.seconds, 0, 0  # of its own, whatever runs beside it
    for seed, name, data in cases(given.seed):
        if time.process_time() > deadline:
            break
        count += 1
        trouble = mishap(name, data)
        if trouble:
            found += 1
            sys.stdout.write(f"seed {seed} ({name}): {trouble}\n")
            if given.save:
                given.save.mkdir(parents=True, exist_ok=True)
                (given.save / f"{seed}.bin").write_bytes(data)
    sys.stdout.write(f"{count} files, {found} mishaps\n")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
