"""The doors for code: files, zips, folders, configurations, edits, other environments; and what is offered where nothing may run."""

import io
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app import bootstrap, definitions, settings
from app.definitions import BuildError
from app.errors import KeygraftError
from app.keys import KeyTree
from app.sandbox import SandboxUnavailableError
from app.services import condition, models, sides
from app.services.house import House
from app.services.models import Choice

NET = """
from torch import nn
print("seen while importing")
class Net(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        if width > 9:
            raise ValueError("too wide")
        self.fc = nn.Linear(width, 3)
"""
PROJECT = {
    "repo/app/__init__.py": b"",
    "repo/app/parts.py": b"from torch import nn\nclass Head(nn.Linear):\n    def __init__(self, n): super().__init__(n, n)\n",
    "repo/tests/__init__.py": b"size = 6\n",
    "repo/static/__init__.py": b"",
    "repo/static/net.py": b"from torch import nn\nfrom app.parts import Head\nfrom tests import size\nclass Net(nn.Module):\n"
    b"    def __init__(self):\n        super().__init__()\n        self.head = Head(size)\n",
    "repo/weights.bin": b"\0" * 50,
}
LACKING = "import not_a_package_anywhere\n" + NET


@pytest.fixture(scope="module")
def building(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with a sandbox."""
    top = tmp_path_factory.mktemp("doors")
    made = bootstrap.open_house(settings.load(data=top / "data", roots=(top,)))
    yield made
    made.close()


def _zip(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def test_a_zip_with_packages_of_our_own_names_is_built(building: House) -> None:
    """Nothing of ours is on the path of the child: `app`, `tests` and `static` are the project's."""
    card = sides.upload(building, "repo.zip", _zip(PROJECT))
    assert [each.name for each in card.candidates][:1] == ["Net"], "the root comes first"
    assert card.candidates[0].module == "static.net"
    built = sides.build(building, card.id, "Net")
    assert (built.label, built.tensors) == ("repo.zip: Net", 2)
    assert sides.tree(building, built.id).tensors["head.weight"].shape == (6, 6)


def test_a_folder_is_built(building: House) -> None:
    """A dropped one, and one under an allowed root."""
    card = models.from_files(building, PROJECT, "repo")
    assert sides.build(building, card.id, "Net", module="static.net").label == "repo: Net"
    folder = building.settings.roots[0] / "placed"
    for name, content in PROJECT.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    placed = sides.understand(building, str(folder / "repo"))
    assert sides.build(building, placed.id, "Net").tensors == 2


def test_a_file_brings_the_modules_beside_it(building: House) -> None:
    """A path to a file that imports its neighbour."""
    folder = building.settings.roots[0] / "beside"
    folder.mkdir()
    (folder / "layers_of_mine.py").write_text("from torch import nn\nHead = nn.Linear\n")
    (folder / "whole.py").write_text(
        "from torch import nn\nfrom layers_of_mine import Head\nclass Whole(nn.Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.head = Head(2, 3)\n"
    )
    card = sides.understand(building, str(folder / "whole.py"))
    assert sides.build(building, card.id, "Whole").tensors == 2


def test_installed_models_are_found_by_name(building: House) -> None:
    """Those of the library that is named, the closest first."""
    assert building.workshop is not None
    names = ("resnet101", "resnet18", "vit_small")
    listed = (*(definitions.Offered("timm", name, "1.0") for name in names), definitions.Offered("torchvision", "resnet18", "0.1"))
    building.workshop._offered.put("", listed)
    assert [each.spec for each in condition.models(building, "timm:resnet")] == ["timm:resnet18", "timm:resnet101"]
    assert len(condition.models(building, "resnet18")) == 2
    building.workshop._offered.forget(lambda _: True)


def test_a_file_is_built_with_edits(building: House) -> None:
    """The line that is run after building changes the tree, and is kept apart in the cache."""
    card = sides.upload(building, "net.py", NET.encode())
    plain = sides.build(building, card.id, "Net", "8")
    assert plain.label == "net.py: Net"
    assert {"python", "torch"} <= set(plain.versions)
    edited = sides.build(building, card.id, "Net", "8", edits="net.fc = nn.Linear(512, 10)")
    assert sides.tree(building, edited.id).tensors["fc.weight"].shape == (10, 512)
    assert sides.tree(building, plain.id).tensors["fc.weight"].shape == (3, 8)


def test_what_was_built_is_remembered(building: House) -> None:
    """The same files, arguments and versions are built once."""
    workshop = building.workshop
    assert workshop is not None
    first = workshop.build(definitions.from_code(NET, name="Net", call=definitions.parse_call("7")))
    again = workshop.build(definitions.from_code(NET, name="Net", call=definitions.parse_call("7")))
    other = workshop.build(definitions.from_code(NET, name="Net", call=definitions.parse_call("6")))
    assert again is first
    assert other.tensors["fc.weight"].shape == (3, 6)


def test_a_failed_build_says_what_happened_and_can_be_corrected(building: House) -> None:
    """The log and the person's own frames come with the error; the same card is built after."""
    card = sides.upload(building, "net.py", NET.encode())
    with pytest.raises(BuildError) as caught:
        sides.build(building, card.id, "Net", "width=10")
    assert caught.value.code == "build_failed"
    assert "seen while importing" in caught.value.log
    assert "too wide" in caught.value.traceback
    assert sides.build(building, card.id, "Net", "width=5").id == card.id


def test_missing_packages_are_said_before_building(building: House) -> None:
    """By name and line; the preview still tells the keys, and they can be taken."""
    card = sides.understand(building, LACKING)
    assert [(each.package, each.line) for each in card.missing] == [("not_a_package_anywhere", 1)]
    with pytest.raises(BuildError, match="build_missing_package"):
        sides.build(building, card.id, "Net")
    assert models.preview(building, card.id, Choice("Net")).complete
    taken = models.take_preview(building, card.id, Choice("Net", "width=8"))
    assert (taken.id, taken.understood.message, taken.tensors) == (card.id, "side-foretold", 2)


def test_an_uncertain_preview_is_not_taken(building: House) -> None:
    """Keys that depend on code that is not here."""
    card = sides.understand(building, NET.replace("nn.Linear(width, 3)", "nn.Linear(open('n').read(), 3)"))
    assert not models.preview(building, card.id, Choice("Net")).complete
    with pytest.raises(KeygraftError, match="preview_incomplete"):
        models.take_preview(building, card.id, Choice("Net"))


def test_where_code_is_not_run_the_preview_remains(building: House) -> None:
    """A house without a builder refuses to build, tells the keys, and takes them."""
    closed = replace(building, builder=None, workshop=None, warm=None)
    card = sides.understand(closed, NET)
    with pytest.raises(KeygraftError, match="code_refused"):
        sides.build(closed, card.id, "Net")
    assert models.take_preview(closed, card.id, Choice("Net")).state == "ready"
    assert not condition.condition(closed).code


def _library_of(house: House, config: str) -> str:
    """Which library a configuration went to: by the tree, or by what is missing."""
    try:
        return sides.tree(house, sides.upload(house, "config.json", config.encode()).id).metadata.get("library", "built")
    except BuildError as error:
        return str(error.params["library"])


def test_a_configuration_goes_to_its_library(building: House) -> None:
    """A config.json names transformers or diffusers; where the library is not installed, that is said."""
    assert _library_of(building, '{"model_type": "bert"}') in {"transformers", "built"}
    assert _library_of(building, '{"_class_name": "UNet2DModel"}') in {"diffusers", "built"}


def test_another_environment(building: House) -> None:
    """The interpreter is named by path; only a Python, and only one that is there."""
    card = sides.understand(building, NET)
    for python in ("/bin/sh", "python", "relative/python3", "~nobody_at_all/python", "/x\0/python", "/" + "x" * 999 + "/python"):
        with pytest.raises(KeygraftError, match="python_refused"):
            sides.build(building, card.id, "Net", python=python)
    with pytest.raises(SandboxUnavailableError, match="sandbox_python"):
        sides.build(building, card.id, "Net", python="/nowhere/bin/python3")
    assert sides.build(building, card.id, "Net", python=sys.executable).tensors == 2


def test_what_is_installed_in_another_environment_counts(building: House, tmp_path: Path) -> None:
    """A tree is built again where a library of its environment has another version, and only there."""
    venv.create(tmp_path / "env", with_pip=False, symlinks=True)
    site = tmp_path / "env" / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    site.joinpath("borrowed.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    workshop = building.workshop
    assert workshop is not None
    definition = definitions.from_code("import of_theirs\n" + NET.replace("width=4", "width=of_theirs.WIDTH"), name="Net")

    def install(version: int) -> KeyTree:
        for old in site.glob("of_theirs*.dist-info"):
            old.rmdir()
        site.joinpath("of_theirs.py").write_text(f"WIDTH = {version}\n")
        site.joinpath(f"of_theirs-{version}.dist-info").mkdir()
        return workshop.build(definition, str(tmp_path / "env"))

    first = install(3)
    assert first.tensors["fc.weight"].shape == (3, 3)
    assert workshop.build(definition, str(tmp_path / "env")) is first
    assert install(5).tensors["fc.weight"].shape == (3, 5)


def test_listed_interpreters_are_the_only_ones(tmp_path: Path) -> None:
    """Where the settings list some, others are refused."""
    from app.services.sandboxes import interpreter

    given = settings.load(data=tmp_path, pythons=(Path("/a/bin/python"),))
    assert interpreter(given, "/a/bin/python") == Path("/a/bin/python")
    with pytest.raises(KeygraftError, match="python_refused"):
        interpreter(given, sys.executable)


def test_the_condition_names_every_wall(building: House) -> None:
    """Walls in words, versions, the data folder."""
    found = condition.condition(building)
    assert found.code
    assert found.database
    assert {wall.name for wall in found.layers} >= {"files", "network", "processes"}
    assert all(wall.title and wall.holds for wall in found.layers)
    assert {"keygraft", "python", "torch"} <= set(found.versions)
    assert isinstance(condition.models(building, "timm:resnet"), list)
