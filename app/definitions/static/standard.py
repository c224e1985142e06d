"""Builtins and harmless parts of the standard library, as the interpreted code may use them."""

import ast
import math
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any

from app.definitions.static import layers, tensors
from app.definitions.static.interpreter import Interpreter
from app.definitions.static.machine import MAX_SIZE, light
from app.definitions.static.values import Bound, Function, Instance, Layer, Module, Native, Space, Stuck, Tensor, Unknown, UserClass

Arguments = dict[str, Any]
_MATH = frozenset(
    {"sqrt", "ceil", "floor", "log", "log2", "log10", "exp", "pow", "sin", "cos", "tan", "tanh", "prod", "gcd", "isqrt", "fabs", "trunc"}
)


_ABSTRACT: dict[str, tuple[type, ...]] = {
    "Iterable": (list, tuple, dict, set, frozenset, str, range),
    "Sequence": (list, tuple, str, range),
    "Mapping": (dict,),
}


class Standard:
    """Functions over one interpreter."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.machine = interpreter
        interpreter.builtins = self._builtins()

    def _math(self, name: str) -> Any:
        if name in {"pi", "e", "inf", "nan", "tau"}:
            return getattr(math, name)
        if name not in _MATH:
            return Unknown(f"math.{name}", module=False)
        return Native(name, lambda args, _kwargs: self._numeric(getattr(math, name), args))

    def _numeric(self, function: Callable[..., Any], args: list[Any]) -> Any:
        flat = [part for arg in args for part in (arg if isinstance(arg, list | tuple) else [arg])]
        if not all(isinstance(part, int | float) for part in flat):
            return Unknown("a number", module=False)
        return self.machine.checked(lambda: function(*args))

    def _functools(self, name: str) -> Any:
        if name == "partial":
            return Native(name, self._partial)
        if name == "reduce":
            return Native(name, self._reduce)
        return Native(name, lambda args, _kwargs: args[0] if args else Unknown(name, module=False))

    def _partial(self, args: list[Any], kwargs: Arguments) -> Any:
        function, *first = args
        return Native("partial", lambda rest, words: self.machine.call(function, [*first, *rest], {**kwargs, **words}))

    def _reduce(self, args: list[Any], _kwargs: Arguments) -> Any:
        function, parts, *start = args
        items = [*start, *self.machine.items(parts)]
        value = items[0] if items else None
        for item in items[1:]:
            value = self.machine.call(function, [value, item], {})
        return value

    def _collections(self, name: str) -> Any:
        if name == "OrderedDict":
            return Native(name, lambda args, kwargs: OrderedDict(self._dictionary(args, kwargs)))
        if name == "abc":
            return Space("collections.abc", lambda inner: Native(inner, lambda _args, _kwargs: Unknown(inner, module=False)))
        return Unknown(f"collections.{name}", module=False)

    def _dictionary(self, args: list[Any], kwargs: Arguments) -> Any:
        out: dict[Any, Any] = {}
        for part in args:
            if isinstance(part, dict):
                out |= part
            else:
                pairs = [self.machine.items(pair) for pair in self.machine.items(part)]
                if not all(len(pair) == 2 and light(pair[0]) for pair in pairs):
                    raise Stuck("raises", detail="ValueError: dict", line=self.machine.line)
                out |= self.machine.checked(partial(dict, pairs))
        return out | kwargs

    def _copy(self, args: list[Any], _kwargs: Arguments) -> Any:
        value = args[0]
        if isinstance(value, Module):
            self.machine.charge(4 * len(value.walk()))
            return layers.copied(value, {})
        if isinstance(value, list | tuple | dict) and light(value) and not _holds_modules(value):
            return type(value)(value)
        if isinstance(value, int | float | str | None):
            return value
        raise Stuck("unsupported", what="copy", line=self.machine.line)

    def _itertools(self, name: str) -> Any:
        if name == "chain":
            return Native(name, lambda args, _kwargs: [item for arg in args for item in self.machine.items(arg)])
        if name == "repeat":
            return Native(name, self._repeat)
        return Unknown(f"itertools.{name}", module=False)

    def _repeat(self, args: list[Any], _kwargs: Arguments) -> Any:
        if len(args) != 2 or type(args[1]) is not int or args[1] > MAX_SIZE:
            return Unknown("itertools.repeat", module=False)
        return [args[0]] * args[1]

    def _numpy(self, name: str) -> Any:
        if name == "linspace":
            return Native(
                name,
                lambda args, kwargs: tensors.linspace(
                    [*args, *([50] if len(args) == 2 and "num" not in kwargs else [])],
                    kwargs | ({"steps": kwargs["num"]} if "num" in kwargs else {}),
                ),
            )
        if name in {"prod", "sqrt", "ceil", "floor", "log2", "log"}:
            return Native(name, lambda args, _kwargs: self._numeric(getattr(math, name), args))
        return Unknown(f"numpy.{name}", module=False)

    # -------------------------------------------------------------------------------------------------------------------- builtins

    def _builtins(self) -> dict[str, Any]:
        items, checked = self.machine.items, self.machine.checked

        def plain(function: Callable[..., Any]) -> Callable[[list[Any], Arguments], Any]:
            def run(args: list[Any], kwargs: Arguments) -> Any:
                if any(isinstance(arg, Unknown | Tensor | Module | Instance) for arg in args):
                    return Unknown(function.__name__, module=False)
                if kwargs or not light(args):
                    raise Stuck("unsupported", what=function.__name__, line=self.machine.line)
                return checked(lambda: function(*args))

            return run

        def listed(kind: Callable[..., Any]) -> Callable[[list[Any], Arguments], Any]:
            def run(args: list[Any], _kwargs: Arguments) -> Any:
                parts = items(args[0]) if args else []
                if kind is set and not light(parts):
                    raise Stuck("budget", line=self.machine.line)
                return checked(lambda: kind(parts))

            return run

        def folded(function: Callable[..., Any]) -> Callable[[list[Any], Arguments], Any]:
            def run(args: list[Any], kwargs: Arguments) -> Any:
                parts = items(args[0]) if len(args) == 1 or function is sum else args
                start = args[1:] if function is sum else []
                if kwargs or any(not isinstance(part, int | float | str | list | tuple) for part in parts) or not light(parts):
                    return Unknown(function.__name__, module=False)
                if function is sum and any(isinstance(part, list | tuple) for part in parts):
                    return [item for part in [*start, *parts] for item in part]
                return checked(lambda: function(parts, *start))

            return run

        functions: dict[str, Callable[[list[Any], Arguments], Any]] = {
            **{
                name: plain(kind)
                for name, kind in (("int", int), ("float", float), ("bool", bool), ("abs", abs), ("round", round), ("divmod", divmod))
            },
            **{name: listed(kind) for name, kind in (("list", list), ("tuple", tuple), ("set", set))},
            **{name: folded(kind) for name, kind in (("sum", sum), ("max", max), ("min", min), ("sorted", sorted))},
            "range": plain(range),
            "len": lambda args, _kwargs: self._length(args[0]),
            "str": lambda args, _kwargs: (
                str(args[0]) if args and isinstance(args[0], str | int | float | bool | None) else Unknown("str", module=False)
            ),
            "repr": lambda _args, _kwargs: Unknown("repr", module=False),
            "dict": self._dictionary,
            "pow": lambda args, _kwargs: self._power(args),
            "any": lambda args, _kwargs: any(self.machine.truth(item) for item in items(args[0])),
            "all": lambda args, _kwargs: all(self.machine.truth(item) for item in items(args[0])),
            "enumerate": lambda args, kwargs: list(enumerate(items(args[0]), kwargs.get("start", args[1] if len(args) > 1 else 0))),
            "zip": lambda args, _kwargs: list(zip(*(items(arg) for arg in args), strict=False)),
            "reversed": lambda args, _kwargs: items(args[0])[::-1],
            "map": lambda args, _kwargs: [
                self.machine.call(args[0], list(row), {}) for row in zip(*(items(arg) for arg in args[1:]), strict=False)
            ],
            "filter": lambda args, _kwargs: [
                item for item in items(args[1]) if self.machine.truth(item if args[0] is None else self.machine.call(args[0], [item], {}))
            ],
            "iter": lambda args, _kwargs: items(args[0]),
            "isinstance": lambda args, _kwargs: self._is_instance(args[0], args[1]),
            "hasattr": lambda args, _kwargs: self._has(args[0], args[1]),
            "getattr": self._getattr,
            "setattr": lambda args, _kwargs: (
                self.machine.set_attribute(args[0], args[1], args[2]) if isinstance(args[1], str) else self._stuck("setattr")
            ),
            "callable": lambda args, _kwargs: isinstance(args[0], Function | Native | UserClass | Layer | Bound | Module),
            "type": lambda args, _kwargs: self._kind(args),
            "print": lambda _args, _kwargs: None,
            "issubclass": lambda _args, _kwargs: Unknown("issubclass", module=False),
            "id": lambda _args, _kwargs: Unknown("id", module=False),
            "object": lambda _args, _kwargs: Unknown("object", module=False),
        }
        return {name: Native(name, run) for name, run in functions.items()} | {
            "NotImplemented": None,
            "__name__": "definition",
            "__file__": "",
        }

    def _stuck(self, what: str) -> None:
        raise Stuck("unsupported", what=what, line=self.machine.line)

    def _power(self, args: list[Any]) -> Any:
        return self.machine.binary(ast.Pow(), args[0], args[1]) if len(args) == 2 else Unknown("pow", module=False)

    def _length(self, value: Any) -> Any:
        if isinstance(value, Tensor) and value.shape:
            return value.shape[0]
        if isinstance(value, Module) and value.kind in {"Sequential", "ModuleList", "ModuleDict"}:
            return len(value.children)
        if isinstance(value, Module) and value.kind.startswith("Parameter"):
            return len(value.params)
        if isinstance(value, Unknown | Tensor):
            return Unknown("len", module=False)
        return self.machine.checked(lambda: len(value))

    def _kind(self, args: list[Any]) -> Any:
        value = args[0]
        if isinstance(value, Module | Instance):
            return value.cls or Layer(getattr(value, "kind", ""))
        if type(value).__name__ in self.machine.builtins:
            return self.machine.builtins[type(value).__name__]
        return Unknown("type", module=False)

    def _is_instance(self, value: Any, kinds: Any) -> Any:
        verdicts = [self._is_one(value, kind) for kind in (kinds if isinstance(kinds, tuple) else (kinds,))]
        if True in verdicts:
            return True
        return Unknown("isinstance", module=False) if None in verdicts else False

    def _is_one(self, value: Any, kind: Any) -> bool | None:
        if isinstance(value, Unknown):
            return None
        match kind:
            case UserClass():
                return isinstance(value, Module | Instance) and value.cls is not None and kind in value.cls.mro()
            case Layer():
                if not isinstance(value, Module):
                    return False
                return kind.name in {"Module", value.kind} or (kind.name == "Linear" and value.kind.startswith("NonDynamically"))
            case Native() if kind.name in {"int", "float", "bool", "str", "list", "tuple", "dict", "set", "range"}:
                return isinstance(
                    value,
                    {
                        "int": int,
                        "float": float,
                        "bool": bool,
                        "str": str,
                        "list": list,
                        "tuple": tuple,
                        "dict": dict,
                        "set": set,
                        "range": range,
                    }[kind.name],
                )
            case Native() if kind.name in _ABSTRACT:
                return isinstance(value, _ABSTRACT[kind.name]) if not isinstance(value, Module | Tensor | Instance) else None
            case Native() if kind.name in {"Tensor", "Parameter"}:
                return isinstance(value, Tensor) and (kind.name == "Tensor" or value.parameter)
            case _:
                return None

    def _has(self, value: Any, name: Any) -> Any:
        if not isinstance(name, str) or isinstance(value, Unknown):
            return Unknown("hasattr", module=False)
        try:
            self.machine.attribute(value, name)
        except Stuck as stuck:
            if stuck.code == "raises" or (stuck.code == "unsupported" and isinstance(value, list | dict | str | int | float | tuple)):
                return False
            raise
        return True

    def _getattr(self, args: list[Any], _kwargs: Arguments) -> Any:
        if not isinstance(args[1], str):
            return Unknown("getattr")
        if isinstance(args[0], Space) and args[0].name == "torch":
            return Unknown("getattr")
        try:
            return self.machine.attribute(args[0], args[1])
        except Stuck as stuck:
            if len(args) > 2 and stuck.code == "raises":
                return args[2]
            raise


def _holds_modules(value: Any) -> bool:
    parts = value.values() if isinstance(value, dict) else value
    return any(isinstance(part, Module | Tensor | Instance | list | dict) for part in parts)
