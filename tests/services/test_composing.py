"""Composing: what the page is told, and that what it makes is what the server would have written."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from app.errors import KeygraftError
from app.services import composing, edits, exports, sides, transfers
from app.services.house import House
from tests.exporting.composer import compose
from tests.services.keylists import keys
from tests.services.test_lent import converse

PLAN = 'keygraft_plan 1\n"new.{i}.w" = "old.{i}.w"\n"both" = concat("left", "right", dim=0)\n'
TARGET = keys(new__0__w=(2, 3), new__1__w=(2, 3), both=(4,), lacking=(9,))


@pytest.fixture
def old(root: Path) -> Path:
    """A small file in a folder that the server may open too."""
    torch.manual_seed(3)
    path = root / "old.safetensors"
    save_file({"old.0.w": torch.randn(2, 3), "old.1.w": torch.randn(2, 3), "left": torch.randn(1), "right": torch.randn(3)}, path)
    return path


def _transfer(house: House, source: str, plan: str = PLAN, target: str = TARGET) -> str:
    made = transfers.create(house, {"": source}, sides.understand(house, target).id)
    edits.import_plan(house, made.id, 0, plan)
    return made.id


def test_the_page_makes_what_the_server_would_write(house: House, old: Path) -> None:
    """The same plan on the same file, once lent and once under a root: equal bytes."""
    lent = _transfer(house, converse(house, {"old.safetensors": old}).id)
    here = _transfer(house, sides.from_path(house, str(old)).id)
    written = Path(exports.export(house, here, "safetensors").path).read_bytes()
    [made] = compose(composing.document(house, lent), {("", "old.safetensors"): old.read_bytes()}).values()
    assert made == written


def test_what_it_takes_and_gives_is_told(house: House, old: Path) -> None:
    """Names, sizes, the files that must be here, what is left out."""
    side = converse(house, {"old.safetensors": old})
    made = _transfer(house, side.id)
    found = composing.prospect(house, made)
    assert found.possible
    assert found.why is None
    assert found.left_out == 1
    assert [(each.side, each.files) for each in found.needed] == [(side.id, ("old.safetensors",))]
    [file] = found.files
    assert file.size == found.size
    assert file.name == next(kind.filename for kind in exports.kinds(house, made) if kind.kind == "safetensors")
    sharded = composing.prospect(house, made, {"max_shard_size": "24"})
    assert [file.name for file in sharded.files][-1] == "model.safetensors.index.json"


def test_rules_that_compute_are_named(house: House, old: Path) -> None:
    """A transpose stands in the way: which rule, how many keys."""
    plan = 'keygraft_plan 1\n"new.{i}.w" = transpose("old.{i}.w", 0, 1)\n'
    made = _transfer(house, converse(house, {"old.safetensors": old}).id, plan, keys(new__0__w=(3, 2), new__1__w=(3, 2)))
    found = composing.prospect(house, made)
    assert not found.possible
    assert found.why is not None
    assert found.why.message == "compose-computes"
    assert [(each.op, each.keys) for each in found.obstacles] == [("transpose", 2)]
    with pytest.raises(KeygraftError, match="composition_computes"):
        composing.document(house, made)


def test_a_source_on_the_server_is_said(house: House, old: Path) -> None:
    """Half of it here and half of it there cannot be put together in a browser."""
    sources = {"mine": converse(house, {"old.safetensors": old}).id, "theirs": sides.from_path(house, str(old)).id}
    made = transfers.create(house, sources, sides.understand(house, keys(a=(1,), b=(3,))).id)
    edits.import_plan(house, made.id, 0, 'keygraft_plan 1\n"a" = mine:"left"\n"b" = theirs:"right"\n')
    found = composing.prospect(house, made.id)
    assert not found.possible
    assert found.why is not None
    assert found.why.message == "compose-elsewhere"


def test_nothing_to_write_is_said(house: House, old: Path) -> None:
    """A transfer that loads nothing has no file; the card says so instead of failing."""
    made = _transfer(house, converse(house, {"old.safetensors": old}).id, "keygraft_plan 1\n", keys(other=(1,)))
    found = composing.prospect(house, made)
    assert not found.possible
    assert found.why is not None
    assert found.why.message == "error-nothing-to-write"
