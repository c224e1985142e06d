"""Layout of torch's files before zip: five pickles, then the storages one after another.

Source of the format: torch.serialization, `_legacy_save`, `_legacy_load`; each storage is led by its count as eight bytes.
"""

import pickle
from collections.abc import Mapping, Sequence

from app.exporting.content import Entry
from app.exporting.pickling import counted, state_dict_pickle
from app.exporting.piece import Literal, OutputFile, Piece
from app.exporting.torch_zip import storages

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
_SIZES = {"short": 2, "int": 4, "long": 4}
"""As torch writes them; readers pass them by."""


def legacy_file(name: str, entries: Sequence[Entry], aliases: Mapping[str, str], metadata: Mapping[str, str]) -> OutputFile:
    """Lay out one file; keys that share a tensor (`aliases`) share its storage. `metadata` stands beside the byte order.

    ExportError `dtype_not_writable` for a type that torch lacks.
    """
    stored = storages(entries, aliases)
    system = {"protocol_version": PROTOCOL, "little_endian": True, "type_sizes": _SIZES}
    system |= {"keygraft": dict(metadata)} if metadata else {}
    head = [_pickled(MAGIC), _pickled(PROTOCOL), _pickled(system), state_dict_pickle(stored, legacy=True)]
    head.append(_pickled([str(index) for index in range(len(entries))]))
    pieces: list[Piece] = [Literal(b"".join(head))]
    for entry in entries:
        pieces += [Literal(counted(entry.dtype, entry.nbytes).to_bytes(8, "little")), *entry.pieces]
    return OutputFile(name, tuple(pieces), tuple(each.key for each in stored))


def _pickled(value: object) -> bytes:
    return pickle.dumps(value, protocol=2)
