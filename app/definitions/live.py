"""The JSON that describes a model as it lives in a Python process: what the sandbox answers and what the snippet prints.

It comes from where foreign code ran, so it is read as strictly as any upload.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from app.definitions.entries import MAX_KEY_LENGTH, MAX_KEYS
from app.definitions.errors import TextError
from app.definitions.notation import checked_shape, dtype_of
from app.keys import KeyTree, ModuleInfo, TensorInfo, Warned, spell_token

FORMAT = "keygraft-model"
_MAX_WORD = 500
_MAX_HYPER = 64


class LiveTensor(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One entry of the state_dict; `shape` is None for a lazy parameter."""

    shape: list[int] | None
    dtype: str
    kind: Literal["parameter", "buffer", "extra"] = "parameter"
    requires_grad: bool | None = None
    alias_of: str | None = None
    note: str = ""


class LiveModule(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One module: qualified class, name of its first base in torch.nn, scalars found on it."""

    cls: str = msgspec.field(name="class")
    base: str = ""
    hyper: dict[str, str | int | float | bool | list[int] | None] = {}


class LiveWarning(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Something that had to be bent to build the model."""

    code: str
    params: dict[str, str | int | float | bool | None] = {}


class LiveModel(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A model's state_dict in its order, and its modules by path."""

    format: Literal["keygraft-model"]
    version: Literal[1]
    tensors: dict[str, LiveTensor]
    modules: dict[str, LiveModule] = {}
    other: dict[str, str] = {}
    versions: dict[str, str] = {}
    warnings: list[LiveWarning] = []


def is_live(document: Any) -> bool:
    """Whether a JSON document says that it is a described model."""
    return isinstance(document, Mapping) and document.get("format") == FORMAT


def read_live(document: Any) -> KeyTree:
    """Read a description that was pasted; TextError where it is malformed."""
    try:
        return live_tree(msgspec.convert(document, LiveModel))
    except msgspec.ValidationError as error:
        raise TextError("live_malformed", detail=str(error)[:200]) from None


def live_tree(model: LiveModel, *, form: str = "definition") -> KeyTree:
    """Make a tree of a description, checking every value; TextError where one is not credible."""
    if len(model.tensors) > MAX_KEYS:
        raise TextError("text_too_many_keys", limit=MAX_KEYS)
    spelt = {key: spell_token(key) for key in model.tensors}
    tensors: dict[str, TensorInfo] = {}
    for key, tensor in model.tensors.items():
        tensors[spelt[key]] = _tensor(key, tensor, spelt, tensors)
    modules = {_word(path): _module(module) for path, module in model.modules.items()}
    other = {spell_token(_word(key)): _word(value) for key, value in model.other.items()}
    warnings = tuple(Warned(_word(warning.code), dict(warning.params)) for warning in model.warnings[:100] if _known(warning.code))
    versions = {_word(name): _word(value) for name, value in list(model.versions.items())[:64]}
    return KeyTree(form, tensors, other=other, modules=modules, warnings=warnings, metadata=versions)


BUILD_WARNINGS = frozenset({"build-cut", "build-rung", "build-patched", "build-lazy", "build-load-hook", "build-state-dict-custom"})


def _known(code: str) -> bool:
    return code in BUILD_WARNINGS


def _tensor(key: str, tensor: LiveTensor, spelt: Mapping[str, str], before: Mapping[str, TensorInfo]) -> TensorInfo:
    shape = None if tensor.shape is None else checked_shape(tensor.shape)
    dtype = dtype_of(tensor.dtype) or tensor.dtype.rsplit(".", 1)[-1].upper()[:40]
    if not key or len(key) > MAX_KEY_LENGTH or (shape is None and tensor.shape is not None):
        raise TextError("live_malformed", detail=f"{key[:100]}: {tensor.shape}"[:200])
    alias = spelt.get(tensor.alias_of) if tensor.alias_of is not None else None
    if alias is not None and (alias not in before or before[alias].alias is not None):
        alias = None
    return TensorInfo(shape, dtype, alias=alias, kind=tensor.kind, requires_grad=tensor.requires_grad, note=_word(tensor.note))


def _module(module: LiveModule) -> ModuleInfo:
    hyper = {name[:100]: value for name, value in list(module.hyper.items())[:_MAX_HYPER]}
    return ModuleInfo(_word(module.cls), _word(module.base), hyper)


def _word(text: str) -> str:
    return text[:_MAX_WORD]
