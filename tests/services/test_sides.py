"""One box takes everything, and says what it understood."""

import json
from pathlib import Path

import numpy as np
import pytest

from app import messages
from app.errors import KeygraftError, LimitError, NotFoundError, RefusedError
from app.services import browse, example_files, sides
from app.services.house import House


def test_a_path_under_a_root(house: House, root: Path) -> None:
    """Absolute, or relative to the root."""
    (root / "net.safetensors").write_bytes(example_files.checkpoint())
    for text in (str(root / "net.safetensors"), "net.safetensors"):
        card = sides.understand(house, text)
        assert card.state == "ready"
        assert card.kind == "path"
        assert card.format == "safetensors"
        assert card.holds
        assert messages.text(card.understood.message, **card.understood.params).startswith("A checkpoint with")


def test_paths_elsewhere_are_refused(house: House, root: Path, tmp_path: Path) -> None:
    """Also through links and dots."""
    secret = tmp_path / "secret.safetensors"
    secret.write_bytes(example_files.checkpoint())
    (root / "link.safetensors").symlink_to(secret)
    for text in (str(secret), str(root / "link.safetensors"), f"{root}/../secret.safetensors", "/etc/passwd"):
        with pytest.raises(RefusedError, match="path_outside_roots"):
            sides.understand(house, text)
    with pytest.raises(NotFoundError, match="file_not_found"):
        sides.understand(house, str(root / "nope.pt"))


def test_text_that_lists_keys(house: House) -> None:
    """JSON, and the error message of load_state_dict against the source."""
    source = sides.understand(house, json.dumps({"a.weight": {"shape": [2], "dtype": "F32"}, "b": {"shape": [3], "dtype": "F32"}}))
    assert source.kind == "text"
    message = (
        "Error(s) in loading state_dict for Net:\n"
        '\tMissing key(s) in state_dict: "c.weight". \n'
        '\tUnexpected key(s) in state_dict: "a.weight". \n'
        "\tsize mismatch for b: copying a param with shape torch.Size([3]) from checkpoint, the shape in current model is torch.Size([4])."
    )
    target = sides.understand(house, message, against=source.id)
    tree = sides.tree(house, target.id)
    assert set(tree.tensors) == {"b", "c.weight"}
    assert tree.tensors["b"].shape == (4,)


def test_python_source_is_scanned_not_run(house: House) -> None:
    """The card asks which class it is, with a form for its arguments."""
    code = "import torch.nn as nn\nraise SystemExit\nclass Net(nn.Module):\n    def __init__(self, width, depth=2):\n        super().__init__()\n"
    card = sides.understand(house, code)
    assert card.state == "choose"
    assert card.candidates[0].name == "Net"
    assert [(field.name, field.required) for field in card.candidates[0].fields] == [("width", True), ("depth", False)]
    with pytest.raises(KeygraftError, match="side_not_ready"):
        sides.tree(house, card.id)
    with pytest.raises(NotFoundError, match="candidate_not_found"):
        sides.build(house, card.id, "Other")


def test_the_form_is_filled_from_a_configuration(house: House) -> None:
    """The class that a configuration makes comes first, with its arguments, also those that only `**kwargs` take."""
    code = (
        "import torch.nn as nn\nclass Part(nn.Module):\n    def __init__(self, size): ...\n"
        "class Net(nn.Module):\n    def __init__(self, part, depth=2, **more): ...\n"
        'model = dict(type="Net", part=dict(type="Part", size=3), width=8)\n'
    )
    net, part = sides.understand(house, code).candidates
    assert (net.name, net.root, net.parts, net.place) == ("Net", True, ("Part",), ":6")
    assert [(field.name, field.given) for field in net.fields] == [("part", "{'type': 'Part', 'size': 3}"), ("depth", ""), ("width", "8")]
    assert (part.name, part.root) == ("Part", False)


def test_code_is_refused_where_others_can_reach_the_server(house: House) -> None:
    """Without a builder no code runs."""
    from dataclasses import replace

    closed = replace(house, builder=None)
    card = sides.understand(closed, "import torch.nn as nn\nclass Net(nn.Module):\n    pass\n")
    with pytest.raises(RefusedError, match="code_refused"):
        sides.build(closed, card.id, "Net")


def test_uploads(house: House) -> None:
    """A small checkpoint is kept; a file that cannot be read leaves nothing behind."""
    card = sides.upload(house, "../../x/net.safetensors", example_files.checkpoint())
    assert card.label == "net.safetensors"
    assert card.holds
    before = sorted(house.folder("uploads").iterdir())
    with pytest.raises(KeygraftError):
        sides.upload(house, "net.safetensors", b"\xff" * 100)
    assert sorted(house.folder("uploads").iterdir()) == before


def test_a_text_may_be_too_long(house: House) -> None:
    """It is not even looked at."""
    with pytest.raises(LimitError, match="text_too_long"):
        sides.understand(house, "x" * (house.settings.text_bytes + 1))
    with pytest.raises(KeygraftError, match="url_scheme"):
        sides.understand(house, "ftp://example.org/model.safetensors")


def test_the_file_picker(house: House, root: Path) -> None:
    """Folders first, then checkpoints; nothing above the roots."""
    (root / "folder").mkdir()
    (root / "net.safetensors").write_bytes(b"")
    (root / "notes.docx").write_bytes(b"")
    (root / ".hidden.pt").write_bytes(b"")
    assert [entry.path for entry in browse.roots(house).entries] == [str(root)]
    listing = browse.folder(house, str(root))
    assert [entry.name for entry in listing.entries] == ["folder", "net.safetensors"]
    assert listing.parent == ""
    assert browse.folder(house, str(root / "folder")).parent == str(root)
    with pytest.raises(RefusedError):
        browse.folder(house, str(root.parent))


def test_equal_trees_are_kept_once(house: House) -> None:
    """Two uploads of one file are two sides of one tree."""
    from app.store.tables import trees

    data = example_files.checkpoint()
    first, second = sides.upload(house, "a.safetensors", data), sides.upload(house, "a.safetensors", data)
    assert first.id != second.id
    with house.database.read() as tx:
        found = tx.execute(trees.select()).all()
    assert len({row.digest for row in found}) == len(found)


def test_a_zip_of_python_files(house: House) -> None:
    """A project is scanned; another zip is refused as the checkpoint that it is not."""
    import io
    import zipfile

    def zipped(**files: str) -> bytes:
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as archive:
            for name, content in files.items():
                archive.writestr(name.replace("__", "/") + ".py", content)
        return held.getvalue()

    net = "import torch.nn as nn\nfrom .parts import Part\nclass Net(nn.Module):\n    def __init__(self):\n        self.part = Part()\n"
    part = "import torch.nn as nn\nclass Part(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    card = sides.upload(house, "project.zip", zipped(pkg____init__="", pkg__net=net, pkg__parts=part))
    assert card.state == "choose"
    assert card.candidates[0].name == "Net"
    assert card.candidates[0].module.endswith("net")
    with pytest.raises(KeygraftError):
        sides.upload(house, "other.zip", zipped(notes="1"))


def test_every_limit_of_reading_is_a_setting(tmp_path):
    """Each budget of the readers that a person may need to change; a smaller one is obeyed and named."""
    from app import bootstrap, settings
    from app.readers import Limits
    from app.services import reading

    made = settings.load(data=tmp_path / "data", roots=(tmp_path,), read_keys=2)
    assert reading.limits(made).keys == 2
    left = {
        name for name in Limits.__struct_fields__ if getattr(reading.limits(settings.load(data=tmp_path)), name) != getattr(Limits(), name)
    }
    assert left == {"memory_bytes"}
    house = bootstrap.open_house(made)
    (tmp_path / "many.safetensors").write_bytes(example_files.checkpoint())
    with pytest.raises(KeygraftError) as told:
        sides.from_path(house, str(tmp_path / "many.safetensors"))
    assert (told.value.code, told.value.params["detail"]) == ("limit", "keys")
    house.close()


def test_a_link_in_a_folder_leads_nowhere_outside(house: House, root: Path, tmp_path: Path) -> None:
    """A folder is no way around the roots; a link within them is fine."""
    from safetensors.numpy import save_file

    (tmp_path / "secret").mkdir()
    (root / "run").mkdir()
    save_file({"hidden": np.zeros(1)}, tmp_path / "secret/b.safetensors")
    save_file({"w": np.zeros(1)}, root / "a.safetensors")
    (root / "run/a.safetensors").symlink_to("../a.safetensors")
    assert list(sides.tree(house, sides.from_path(house, str(root / "run")).id).tensors) == ["w"]
    (root / "run/b.safetensors").symlink_to(tmp_path / "secret/b.safetensors")
    with pytest.raises(RefusedError, match="path_outside_roots"):
        sides.from_path(house, str(root / "run"))


def test_a_folder_of_a_run_that_brings_scripts_is_no_project(house: House, root: Path) -> None:
    """DeepSpeed leaves its script beside the parts: what is said is what the parts need."""
    import torch

    torch.save({"optimizer_state_dict": {}}, root / "zero_pp_rank_0_mp_rank_00_optim_states.pt")
    (root / "zero_to_fp32.py").write_text("import torch\nclass Net(torch.nn.Module): pass\n")
    with pytest.raises(KeygraftError, match="needs_consolidation"):
        sides.from_path(house, str(root))
