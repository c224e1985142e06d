"""What a stand-in is made from: a target's keys, as rows, and as a definition that the sandbox builds like any other."""

from pathlib import Path

import msgspec

from app.definitions import Definition
from app.exporting.names import plain_name
from app.keys import KeyTree
from app.keys.dtypes import TORCH

Row = tuple[list[str], str, list[int], bool, int]


def rows_of(target: KeyTree) -> list[Row]:
    """One row for each key, in order; see `stand_in.StandIn`."""
    rows: list[Row] = []
    places: dict[str, int] = {}
    for key, info in target.tensors.items():
        tied = places.get(info.alias, -1) if info.alias is not None else -1
        places[key] = len(rows)
        dtype = TORCH.get(info.dtype, "float32")
        rows.append((plain_name(key).split(target.separator), dtype, list(info.shape or ()), info.kind == "buffer", tied))
    return rows


def definition_of(target: KeyTree) -> Definition:
    """A model with the target's keys, for the sandbox."""
    code = Path(__file__).with_name("stand_in.py").read_bytes()
    keys = msgspec.json.encode(rows_of(target))
    return Definition(files={"stand_in.py": code, "keys.json": keys}, file="stand_in.py", name="from_file")
