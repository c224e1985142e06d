"""What `torch.save` writes since 1.6: a zip archive of a pickle and one entry for each storage.

Source of the format: pytorch, `torch/serialization.py` and `caffe2/serialize/inline_container.cc`.
"""

from contextlib import suppress
from itertools import islice

from app.keys import FileInfo, KeyTree
from app.keys.spelling import Token
from app.readers import remains
from app.readers.archive import Archive
from app.readers.assembling import tree_of
from app.readers.directory import STORED, Entry
from app.readers.limits import Limits
from app.readers.persistent import storage_of
from app.readers.pickles import Machine
from app.readers.storages import Place, Storages
from app.readers.torch_legacy import nested
from app.readers.walking import walk
from app.sources import ByteSource, RangesWanted, absolute

PICKLE = "data.pkl"
BYTE_ORDER = "byteorder"
_VERIFIED = 64
"""Storages whose local headers are read: the rest are placed by reckoning alone where torch's layout leaves no doubt."""


def root_of(archive: Archive) -> str | None:
    """Folder in the archive that holds `data.pkl`; None where there is none. Raises ZipError where torch could see another one."""
    names, lowered = archive.names, archive.listing.lower()
    twins = names if lowered == archive.listing else [name.lower() for name in names]
    if twins is not names and len(set(twins)) != len(names):
        raise archive.invalid("case_twin")
    place = lowered.find("/" + PICKLE)
    if place < 0:
        return None
    if twins is names and lowered.find("/" + PICKLE, place + 1) < 0:  # one line has it; the others need no look
        names = twins = [lowered[lowered.rfind("\n", 0, place) + 1 :].partition("\n")[0]]
    found = [name for name, low in zip(names, twins, strict=True) if low.endswith("/" + PICKLE) and name.count("/") == 1]
    if not found:
        return None
    if len(found) > 1 or not found[0].endswith("/" + PICKLE):
        raise archive.invalid("two_pickles")
    return found[0].removesuffix(PICKLE)


def one_root(archive: Archive, root: str) -> None:
    """Raise ZipError where entries stand outside the one folder: torch takes the folder of the first entry."""
    if archive.listing.count("\n" + root) == archive.listing.count("\n") == len(archive.names):
        return  # each on its line
    if not all(name.startswith((root, "__MACOSX/")) for name in archive.names):
        raise archive.invalid("roots")


def big_endian(archive: Archive, root: str) -> bool:
    """Whether the archive says that its storages stand big end first."""
    name = root + BYTE_ORDER
    return name in archive and archive.read(archive[name], 64).strip() == b"big"


class Placed:
    """Finds the bytes of storages in an archive: entries below `folder`. Lent files want `announce` before.

    sure -- key of a storage -> its place, where nothing more need be read to tell
    """

    def __init__(self, archive: Archive, folder: str) -> None:
        self._archive = archive
        self._folder = folder
        self._base = absolute(archive.source, 0)
        likely = archive.directory.likely(folder)
        self.sure: dict[str, Place] = dict(likely)
        self._verify(likely)
        if self._base != 0:
            self.sure = {key: (self._moved(start), size) for key, (start, size) in self.sure.items()}

    def announce(self, *whole: str) -> None:
        """Say which local headers will be read to place storages, and which other entries will be read whole, those that are there."""
        archive, folder = self._archive, self._folder
        unsure: list[Entry] = []
        if len(self.sure) < archive.listing.count("\n" + folder):
            unsure = [archive[name] for name in archive.names if name.startswith(folder) and name[len(folder) :] not in self.sure]
        archive.announce([entry for entry in unsure if entry.method == STORED], [archive[name] for name in whole if name in archive])

    def __call__(self, key: str) -> Place | None:
        """Return where a storage lies, None where the archive lacks it."""
        name = self._folder + key
        if key in self.sure or name not in self._archive:
            return self.sure.get(key)
        entry = self._archive[name]
        return None if entry.method != STORED else self._moved(self._archive.data_offset(entry)), entry.size

    def _moved(self, start: int | None) -> int | None:
        return None if self._base is None or start is None else self._base + start

    def _verify(self, likely: dict[str, tuple[int, int]]) -> None:
        """Read the first headers too, as long as that is cheap: it is for a file that is here."""
        confirmed, folder = self._archive.confirmed, self._folder
        with suppress(RangesWanted):
            for key, (start, size) in islice(likely.items(), _VERIFIED):
                self.sure[key] = (confirmed(folder + key, start), size)


def read(source: ByteSource, archive: Archive, root: str, nesting: tuple[Token, ...] | None, limits: Limits) -> KeyTree:
    """Read the tree of a torch zip. Raises ZipError, PickleError, ReadLimitError, UnknownFormatError."""
    one_root(archive, root)
    placed = Placed(archive, root + "data/")
    placed.announce(root + PICKLE, root + BYTE_ORDER)
    little = not big_endian(archive, root)
    pickle = archive.open(archive[root + PICKLE], limits.pickle_bytes)
    machine = Machine(source.name, limits, storage_of, nested, runs=True)
    value, _end = machine.load(pickle)
    split = remains.of_value(value, [each.full for each in machine.globals.values()], source.name)
    if split is not None:
        raise split
    walked = walk(value, source.name, limits)
    storages = Storages(placed, placed.sure, big_endian=not little)

    warnings = archive.warned()
    files = (FileInfo(source.name, source.size),)
    names = machine.globals.values()
    return tree_of(walked, storages, form="torch-zip", files=files, nesting=nesting, names=names, warnings=warnings)
