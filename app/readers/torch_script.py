"""TorchScript: a torch zip whose pickle holds module objects and whose `code/` says which attributes are parameters and buffers.

Source of the format: pytorch, `torch/csrc/jit/docs/serialization.md`.
"""

import re
from itertools import accumulate
from typing import Any

import msgspec

from app.keys import FileInfo, KeyTree, ModuleInfo, Token
from app.readers.archive import Archive
from app.readers.assembling import tree_of
from app.readers.errors import ReadLimitError
from app.readers.limits import Limits
from app.readers.persistent import storage_of
from app.readers.pickles import Call, Machine, Mapped, Tensor
from app.readers.stands import Path, Stands
from app.readers.storages import Storages
from app.readers.torch_zip import BYTE_ORDER, PICKLE, Placed, big_endian, one_root
from app.readers.walking import Walked, described
from app.sources import ByteSource

CONSTANTS = "constants.pkl"
_CONSTANTS = ("CONSTANTS",)
_CLASS = re.compile(r"^class (\w+)\(\w*\):\n(.*?)(?=^class |\Z)", re.MULTILINE | re.DOTALL)
_LISTED = re.compile(r"^  __(parameters|buffers)__ = \[(.*?)\]", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"\"((?:[^\"\\]|\\.)*)\"")
_MOST_CODE = 16 << 20
_MODULE = "__torch__."


class Declared(dict[str, tuple[list[str], list[str]]]):
    """Qualified class name -> names of its parameters and of its buffers."""


def is_script(archive: Archive, root: str) -> bool:
    """Whether a torch zip is TorchScript."""
    return root + CONSTANTS in archive and any(name.startswith(root + "code/") for name in archive.names)


def read(source: ByteSource, archive: Archive, root: str, nesting: tuple[Token, ...] | None, limits: Limits) -> KeyTree:
    """Read the tree of a TorchScript archive; no code of it is compiled. Raises ZipError, PickleError, ReadLimitError."""
    one_root(archive, root)
    placed = Placed(archive, root + "data/")
    placed.announce(root + PICKLE, root + CONSTANTS, root + BYTE_ORDER, *_code(archive, root))
    machine = Machine(source.name, limits, storage_of)
    value, _end = machine.load(archive.open(archive[root + PICKLE], limits.pickle_bytes))
    walked = _walked(value, _declared(archive, root), source.name, limits)
    frozen = not walked.stands.count
    if frozen:  # torch.jit.freeze leaves no attribute: what were weights are constants of the code now
        constants = _constants(archive, root, machine, limits)
        walked.stands.extend(_CONSTANTS, _CONSTANTS, constants, constants.values())
        placed = Placed(archive, root + "constants/")
        placed.announce()
    storages = Storages(placed, placed.sure, big_endian=big_endian(archive, root))

    warnings = archive.warned()
    files = (FileInfo(source.name, source.size),)
    names = machine.globals.values()
    tree = tree_of(walked, storages, form="torchscript", files=files, nesting=nesting or (), names=names, warnings=warnings)
    return msgspec.structs.replace(tree, offers=tree.offers[:1])


def _constants(archive: Archive, root: str, machine: Machine, limits: Limits) -> dict[str, Tensor]:
    """Tensors among the constants, under the names that the code has for them: `CONSTANTS.c0`."""
    listed, _end = machine.load(archive.open(archive[root + CONSTANTS], limits.pickle_bytes))
    if type(listed) not in {list, tuple}:
        return {}
    return {f"c{place}": value for place, value in enumerate(listed[: limits.keys]) if type(value) is Tensor}


def _declared(archive: Archive, root: str) -> Declared:
    """Read from the code which attributes of each class are parameters and buffers."""
    found = Declared()
    for path in _code(archive, root):
        module = path[len(root) + len("code/") :].removesuffix(".py").replace("/", ".")
        for name, body in _CLASS.findall(archive.read(archive[path], _MOST_CODE).decode("utf-8", "replace")):
            listed = {kind: _NAME.findall(names) for kind, names in _LISTED.findall(body)}
            if listed:
                found[f"{module}.{name}"] = (listed.get("parameters", []), listed.get("buffers", []))
    return found


def _code(archive: Archive, root: str) -> list[str]:
    """Names of the entries with code, as many as are read."""
    names = [name for name in archive.names if name.startswith(root + "code/") and name.endswith(".py")]
    read = accumulate(archive[name].size for name in names)
    return [name for name, size in zip(names, read, strict=True) if size <= _MOST_CODE]


def _walked(root: Any, declared: Declared, name: str, limits: Limits) -> Walked:
    """List what `state_dict` of the module would: parameters, buffers, then those of the modules inside, each in order."""
    out = Walked(Stands(), {}, {}, [])
    stack: list[tuple[Any, Path]] = [(root, ())]
    active = 0
    while stack:
        value, path = stack.pop()
        active += 1
        if len(path) > limits.depth or active > limits.keys:
            raise ReadLimitError("limit", file=name, detail="depth" if len(path) > limits.depth else "keys")
        if type(value) is not Call or type(value.state) is not Mapped:
            continue
        attributes = {key: child for key, child in zip(value.state[::2], value.state[1::2], strict=False) if type(key) is str}
        out.modules[".".join(str(token) for token in path)] = ModuleInfo(_unmangled(value.class_name))
        parameters, buffers = declared.get(value.class_name, (None, None))
        for key in _ordered(attributes, parameters, buffers):
            if out.stands.count >= limits.keys:
                raise ReadLimitError("limit", file=name, detail="keys")
            tensor = attributes[key]
            tensor.parameter = parameters is not None and key in parameters
            out.stands.add((*path, key), (*path, key), tensor)
        inner = [(child, (*path, key)) for key, child in attributes.items() if _is_module(child)]
        stack.extend(reversed(inner))
        for key, child in attributes.items():
            if not _is_module(child) and type(child) is not Tensor and len(out.other) < limits.shown:
                out.other[".".join((*(str(token) for token in path), key))] = described(child)
    return out


def _is_module(value: Any) -> bool:
    return type(value) is Call and value.class_name.startswith(_MODULE)


def _ordered(attributes: dict[str, Any], parameters: list[str] | None, buffers: list[str] | None) -> list[str]:
    names = list(attributes) if parameters is None or buffers is None else [*parameters, *buffers]
    return [key for key in dict.fromkeys(names) if type(attributes.get(key)) is Tensor]


def _unmangled(name: str) -> str:
    return re.sub(r"\.___torch_mangle_\d+", "", name.removeprefix(_MODULE))
