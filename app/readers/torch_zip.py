"""What `torch.save` writes since 1.6: a zip archive of a pickle and one entry for each storage.

Source of the format: pytorch, `torch/serialization.py` and `caffe2/serialize/inline_container.cc`.
"""

from app.keys import FileInfo, KeyTree
from app.keys.spelling import Token
from app.readers import remains
from app.readers.archive import STORED, Archive, Entry
from app.readers.assembling import tree_of
from app.readers.limits import Limits
from app.readers.persistent import storage_of
from app.readers.pickles import Array, Machine, Tensor
from app.readers.storages import Checked, Place, Storages, array_info
from app.readers.torch_legacy import nested
from app.readers.walking import walk
from app.sources import ByteSource, RangesWanted, absolute

PICKLE = "data.pkl"
_VERIFIED = 64
"""Storages whose local headers are read: the rest are placed by reckoning alone where torch's layout leaves no doubt."""


def root_of(archive: Archive) -> str | None:
    """Folder in the archive that holds `data.pkl`; None where there is none. Raises ZipError where torch could see another one."""
    folded: dict[str, str] = {}
    for name in archive.by_name:
        twin = folded.setdefault(name.lower(), name)
        if twin != name:
            raise archive.invalid("case_twin")
    found = [name for name in archive.by_name if name.lower().endswith("/" + PICKLE) and name.count("/") == 1]
    if not found:
        return None
    if len(found) > 1 or not found[0].endswith("/" + PICKLE):
        raise archive.invalid("two_pickles")
    return found[0].removesuffix(PICKLE)


def one_root(archive: Archive, root: str) -> None:
    """Raise ZipError where entries stand outside the one folder: torch takes the folder of the first entry."""
    if any(not name.startswith((root, "__MACOSX/")) for name in archive.by_name):
        raise archive.invalid("roots")


def big_endian(archive: Archive, root: str) -> bool:
    """Whether the archive says that its storages stand big end first."""
    entry = archive.by_name.get(root + "byteorder")
    return entry is not None and archive.read(entry, 64).strip() == b"big"


class Placed:
    """Finds the bytes of storages in an archive: entries below `folder`."""

    def __init__(self, archive: Archive, folder: str) -> None:
        self._archive = archive
        self._folder = folder
        self._left = _VERIFIED
        self._likely = {name: archive.likely_offset(entry) for name, entry in archive.by_name.items() if name.startswith(folder)}
        archive.announce([archive.by_name[name] for name, likely in self._likely.items() if likely is None])

    def __call__(self, key: str) -> Place | None:
        """Return where a storage lies, None where the archive lacks it."""
        entry = self._archive.by_name.get(self._folder + key)
        if entry is None:
            return None
        if entry.method != STORED:
            return None, entry.size
        likely = self._likely[entry.name]
        if likely is None:
            return absolute(self._archive.source, self._archive.data_offset(entry)), entry.size
        return absolute(self._archive.source, self._verified(entry, likely)), entry.size

    def _verified(self, entry: Entry, likely: int) -> int:
        """Read the header too, as long as that is cheap: it is for a file that is here."""
        if self._left > 0:
            self._left -= 1
            try:
                return self._archive.data_offset(entry)
            except RangesWanted:
                self._left = 0
        return likely


def read(source: ByteSource, archive: Archive, root: str, nesting: tuple[Token, ...] | None, limits: Limits) -> KeyTree:
    """Read the tree of a torch zip. Raises ZipError, PickleError, ReadLimitError, UnknownFormatError."""
    one_root(archive, root)
    entry = archive.by_name[root + PICKLE]
    little = not big_endian(archive, root)
    pickle = archive.open(entry, limits.pickle_bytes)
    machine = Machine(source.name, limits, storage_of)
    machine.nested = lambda blob: nested(blob, limits, machine)
    value, _end = machine.load(pickle)
    split = remains.of_value(value, [each.full for each in machine.globals.values()], source.name)
    if split is not None:
        raise split
    walked = walk(value, source.name, limits)
    storages = Storages(Placed(archive, root + "data/"), big_endian=not little)

    def check(tensor: Tensor | Array) -> Checked:
        return storages.tensor(tensor) if isinstance(tensor, Tensor) else array_info(tensor, file=0)

    warnings = archive.warned()
    files = (FileInfo(source.name, source.size),)
    names = machine.globals.values()
    return tree_of(walked, check, form="torch-zip", files=files, nesting=nesting, names=names, warnings=warnings)
