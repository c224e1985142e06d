"""Attributes of values: of modules, tensors, classes, plain texts and lists."""

import ast
from functools import partial
from math import prod
from typing import Any

from app.definitions.static import tensors
from app.definitions.static.machine import MAX_SIZE, Machine, light
from app.definitions.static.values import (
    Bound,
    Dtype,
    Function,
    Instance,
    Layer,
    Module,
    Native,
    Scope,
    Space,
    Stuck,
    Tensor,
    Unknown,
    UserClass,
)

_TEXT_METHODS = frozenset(
    [
        "lower",
        "upper",
        "strip",
        "lstrip",
        "rstrip",
        "split",
        "rsplit",
        "startswith",
        "endswith",
        "replace",
        "format",
        "join",
        "title",
        "capitalize",
        "isdigit",
        "partition",
    ]
)
_METHODS: dict[type, frozenset[str]] = {
    str: _TEXT_METHODS,
    list: frozenset(["append", "extend", "insert", "pop", "index", "count", "copy", "reverse", "sort", "remove", "clear"]),
    tuple: frozenset(["index", "count", "numel"]),
    dict: frozenset(["get", "items", "keys", "values", "pop", "update", "setdefault", "copy", "clear"]),
    set: frozenset(["add", "discard", "update", "union", "intersection", "difference", "copy", "remove"]),
    int: frozenset({"bit_length"}),
    float: frozenset({"is_integer"}),
}


class Attributes(Machine):
    """Reads and sets attributes as Python and `nn.Module` do."""

    def attribute(self, value: Any, name: str) -> Any:
        """Attribute of a value; Stuck where it has none."""
        match value:
            case Unknown():
                return Unknown(value.reason, value.module)
            case Module():
                return self._module_attribute(value, name)
            case Tensor():
                return tensors.attribute(value, name)
            case Space():
                return value.get(name)
            case Instance():
                return value.attrs[name] if name in value.attrs else self.class_attribute(value.cls, name, value)
            case UserClass():
                return value.name if name == "__name__" else self.class_attribute(value, name, None)
            case Layer() if name == "__name__":
                return value.name
            case Layer() if name == "__init__":
                return Native(name, lambda args, kwargs: self._layer_init(value, args, kwargs))
            case Dtype():
                return value.name.startswith(("F", "BF")) if name == "is_floating_point" else Unknown(name, module=False)
            case _ if name in _METHODS.get(dict if isinstance(value, dict) else type(value), ()):
                return Native(name, lambda args, kwargs: self._plain_method(value, name, args, kwargs))
            case _:
                raise Stuck("unsupported", what=f".{name}", line=self.line)

    def _plain_method(self, value: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if isinstance(value, tuple) and name == "numel":
            return self.checked(lambda: prod(value))
        plain = all(isinstance(arg, str | int | float) for arg in [*args, *kwargs.values()])
        if name == "format" and (not plain or ":" in value or "!" in value):
            return Unknown(name, module=False)
        if name == "join" and any(not isinstance(part, list | tuple | str) for part in args):
            return Unknown(name, module=False)
        if name == "sort" and kwargs:
            raise Stuck("unsupported", what="sort(key=)", line=self.line)
        self._weigh_method(value, name, args)
        result = self.checked(lambda: getattr(value, name)(*args, **kwargs))
        if isinstance(value, list | dict | set) and len(value) > MAX_SIZE:
            raise Stuck("budget", line=self.line)
        return result

    def _weigh_method(self, value: Any, name: str, args: list[Any]) -> None:
        """Refuse what would make a text or a comparison explode."""
        if isinstance(value, str) and name == "join" and args and isinstance(args[0], list | tuple):
            heavy = sum(len(part) for part in args[0] if isinstance(part, str)) + len(value) * len(args[0]) > MAX_SIZE
        elif isinstance(value, str) and name == "replace":
            heavy = len(value) * max(1, len(args[1]) if len(args) > 1 and isinstance(args[1], str) else 1) > MAX_SIZE * 10
        else:
            heavy = not light(args) or (name in {"index", "count", "sort", "remove", "copy"} and not light(value))
        if heavy:
            raise Stuck("budget", line=self.line)

    def class_attribute(self, cls: UserClass, name: str, this: Any, after: UserClass | None = None) -> Any:
        """Look a name up along the classes; `after` for `super()`."""
        line = cls.mro()
        if after is not None:
            line = line[line.index(after) + 1 :]
        for part in line:
            if isinstance(part, UserClass) and name in part.names:
                return self._got(part.names[name], this, cls)
            if isinstance(part, Layer) and name == "__init__":
                return Native(name, partial(self._layer_init_of, part, this))
            if isinstance(part, Unknown):
                return Unknown(part.reason)
        if name == "__init__":
            return Native(name, lambda _args, _kwargs: None)
        if isinstance(this, Module):
            return self._native_attribute(this, name)
        raise Stuck("raises", detail=f"AttributeError: {name}", line=self.line)

    def _got(self, value: Any, this: Any, cls: UserClass) -> Any:
        if isinstance(value, Function):
            if value.kind == "static" or (this is None and value.kind == "plain"):
                return value
            if value.kind == "property":
                return self.call(Bound(value, this), [], {})
            return Bound(value, cls if value.kind == "class" else this)
        return value

    def _module_attribute(self, module: Module, name: str) -> Any:
        for held in (module.attrs, module.params, module.buffers, module.children):
            if name in held:
                return held[name]
        if name == "__class__":
            return module.cls or Layer(module.kind)
        if module.cls is not None:
            return self.class_attribute(module.cls, name, module)
        return self._native_attribute(module, name)

    def _native_attribute(self, module: Module, name: str) -> Any:
        if self.module_attribute is None:
            raise Stuck("unsupported", what=f".{name}", line=self.line)
        return self.module_attribute(module, name)

    def _layer_init_of(self, layer: Layer, this: Any, args: list[Any], kwargs: dict[str, Any]) -> None:
        self._layer_init(layer, [this, *args], kwargs)

    def _layer_init(self, layer: Layer, args: list[Any], kwargs: dict[str, Any]) -> None:
        module, *rest = args
        if not isinstance(module, Module) or self.construct_layer is None:
            raise Stuck("unsupported", what=f"{layer.name}.__init__", line=self.line)
        module.begun = True
        module.kind = layer.name if layer.name != "Module" or not module.kind else module.kind
        if layer.name != "Module":
            self.construct_layer(layer.name, rest, kwargs, module)

    def set_attribute(self, held: Any, name: str, value: Any) -> None:
        """Set an attribute of a module or object; the attributes of tensors change no key."""
        match held:
            case Module():
                if isinstance(value, Unknown) and value.module:
                    self.doubt(f"{name} = {value.reason}")  # it may hold tensors: the tree goes on without it, uncertain
                    held.attrs[name] = value
                else:
                    held.set(name, value)
            case Instance():
                held.attrs[name] = value
            case UserClass():
                held.names[name] = value
            case Tensor() if name == "requires_grad" and isinstance(value, bool):
                held.requires_grad = value
            case Tensor() if name == "data" and isinstance(value, Tensor):
                held.shape, held.dtype = value.shape, value.dtype
            case Tensor():
                pass
            case _:
                raise Stuck("unknown", what=f".{name} = …", line=self.line)

    def _store(self, held: Any, index: ast.expr, value: Any, scope: Scope) -> None:
        if isinstance(held, Tensor):
            held.data = None
            return
        place = self.eval(index, scope)
        if isinstance(held, Module) and held.kind in {"Sequential", "ModuleList", "ModuleDict"}:
            if type(place) is int and -len(held.children) <= place < len(held.children):
                place = list(held.children)[place]
            if not isinstance(place, str) or not isinstance(value, Module):
                raise Stuck("unknown", what="an item", line=self.line)
            held.children[place] = value
        elif isinstance(held, Module) and held.kind == "ParameterDict" and isinstance(place, str) and isinstance(value, Tensor):
            held.params[place] = value
        elif isinstance(held, list | dict) and not isinstance(place, Unknown) and light(place):
            self.checked(lambda: held.__setitem__(place, value))
        else:
            raise Stuck("unknown", what="an item", line=self.line)
