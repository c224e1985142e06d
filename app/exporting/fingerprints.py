"""Values that are found again: what the tensors of both sides have in common, proven on their bytes.

Fingerprints find candidates; a claim is believed only where the tensor that it makes equals the target's, element for element, in the
narrowest float type that either side is kept in: so a cast between the two does not hide what is equal.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping

import msgspec
import numpy as np
import numpy.typing as npt

from app.automap import Fingerprint, by_value
from app.exporting.moving import FLOATS, Array, Mover, converted
from app.keys import KeyTree, TensorInfo
from app.mapping import Leaf
from app.mapping.claims import Claim, Proposal
from app.sources import FileSet

Values = npt.NDArray[np.float32]
Place = tuple[str, str]
"""Source name and key."""


def readable(info: TensorInfo) -> bool:
    """Whether a tensor's values can be compared: floats that lie somewhere, at least one."""
    return bool(info.dtype in FLOATS and info.shape and info.where is not None and info.layout == "strided" and 0 not in info.shape)


def bytes_of(*trees: KeyTree) -> int:
    """How many bytes a comparison reads once."""
    return sum(info.nbytes for tree in trees for info in tree.tensors.values() if readable(info))


class _Tensors:
    """Float tensors of named trees, read one at a time and rounded to one type."""

    def __init__(self, trees: Mapping[str, KeyTree], files: Mapping[str, FileSet], dtype: str, progress: Callable[[int], None]) -> None:
        self._trees = trees
        self._progress = progress
        self._mover = Mover(trees, files)
        self._dtype = dtype

    def places(self) -> Iterator[Place]:
        """Every tensor whose floats can be read."""
        for name, tree in self._trees.items():
            for key, info in tree.tensors.items():
                if readable(info):
                    yield name, key

    def read(self, place: Place) -> Values:
        """Read and round, and tell how many bytes that were. Raises ReadError."""
        self._progress(self._trees[place[0]].tensors[place[1]].nbytes)
        return self.again(place)

    def again(self, place: Place) -> Values:
        """Read a second time, which nobody waits for. Raises ReadError."""
        name, key = place
        info = self._trees[name].tensors[key]
        words: Array = np.frombuffer(self._mover(Leaf(key, name)), FLOATS[info.dtype]).reshape(info.shape or ())
        narrowed = converted(words, info.dtype, self._dtype)
        return converted(narrowed, self._dtype, "F32").view(np.float32)


def _untold(_: int) -> None:
    """Nobody looks on."""


def compare(
    trees: Mapping[str, KeyTree],
    files: Mapping[str, FileSet],
    target: KeyTree,
    target_files: FileSet,
    *,
    progress: Callable[[int], None] = _untold,
) -> dict[str, Proposal]:
    """Return a proposal, certain, for each target key whose values stand in the sources: moved, transposed, cut, joined, reordered, cast.

    trees, files -- source name -> its tree, and the files that hold its bytes
    progress     -- told the bytes that were read since the last word; what it raises ends the comparison
    Constants and whatever several source keys share settle nothing. Raises ReadError.
    """
    dtype = _common(*trees.values(), target)
    sources, wanted = _Tensors(trees, files, dtype, progress), _Tensors({"": target}, {"": target_files}, dtype, progress)
    places = dict(enumerate(sources.places()))
    have = {str(number): mark for number, place in places.items() if (mark := _fingerprint(sources.read(place))) is not None}
    want = {key: mark for _, key in wanted.places() if (mark := _fingerprint(wanted.read(("", key)))) is not None}
    out = {}
    for key, proposal in by_value(have, want).items():
        claim = proposal.claim
        if claim is None:
            continue
        parts = [places[int(number)] for number in claim.sources]
        if _digest(_made(claim, [sources.again(part) for part in parts])) == want[key].exact:
            names = tuple(name for name, _ in parts)
            named = msgspec.structs.replace(claim, sources=tuple(each for _, each in parts), names=names if any(names) else ())
            out[key] = msgspec.structs.replace(proposal, claim=named, confidence=1.0)
    return out


def _common(*trees: KeyTree) -> str:
    used = {info.dtype for tree in trees for info in tree.tensors.values()}
    return next((dtype for dtype in ("BF16", "F16") if dtype in used), "F32")


def _fingerprint(values: Values) -> Fingerprint | None:
    """What is known of values; None where they are all alike, or not numbers."""
    flat = values.reshape(-1)
    if not np.isfinite(flat).all() or (flat == flat[0]).all():
        return None
    grid = values.astype(np.float64).reshape(values.shape[0], -1)
    rows = tuple(np.sqrt((grid * grid).sum(axis=1)).tolist())
    columns: tuple[float, ...] = ()
    if values.ndim > 1:
        deep = grid.reshape(values.shape[0], values.shape[1], -1)
        columns = tuple(np.sqrt((deep * deep).sum(axis=(0, 2))).tolist())
    turned = _digest(values.T) if values.ndim == 2 else ""
    return Fingerprint(values.shape, _digest(values), rows, columns, turned=turned, marks=tuple(map(_mark, values)))


def _digest(values: Values) -> str:
    """Hash of values; minus zero is zero."""
    return hashlib.blake2b(np.ascontiguousarray(values + np.float32(0)).tobytes(), digest_size=16).hexdigest() + str(values.shape)


def _mark(row: Values) -> str:
    return hashlib.blake2b((row + np.float32(0)).tobytes(), digest_size=12).hexdigest()


def _made(claim: Claim, parts: list[Values]) -> Values:
    """What a claim of `by_value` makes."""
    first = parts[0]
    match claim.op:
        case "transpose":
            return first.T
        case "slice":
            start = int(str(claim.args["start"]))
            return first[start : start + int(str(claim.args["length"]))]
        case "permute":
            rows: Values = np.take(first, np.array(claim.args["index"]), 0)
            return rows
        case "concat":
            return np.concatenate(parts)
        case _:
            return first
