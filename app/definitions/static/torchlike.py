"""What the interpreted code may import: torch and torch.nn by shape, and harmless parts of the standard library."""

import ast
import math
from collections.abc import Callable
from typing import Any

from app.definitions.static import layers, tensors
from app.definitions.static.interpreter import Interpreter
from app.definitions.static.machine import light
from app.definitions.static.values import (
    Bound,
    Dtype,
    Function,
    Instance,
    Layer,
    Module,
    Native,
    Space,
    Stuck,
    Tensor,
    Unknown,
    UserClass,
)

Arguments = dict[str, Any]
_MATH = frozenset(
    ["sqrt", "ceil", "floor", "log", "log2", "log10", "exp", "pow", "sin", "cos", "tan", "tanh", "prod", "gcd", "isqrt", "fabs", "trunc"]
)
_CASTS = {"half": "F16", "bfloat16": "BF16", "double": "F64", "float": "F32"}
_SAME = frozenset(["to", "cuda", "cpu", "train", "eval", "share_memory", "to_empty", "type", "apply_", "compile"])
_TYPING = frozenset({"typing", "typing_extensions", "collections.abc", "types", "abc", "enum", "numbers"})
_HOOKS = ("hook", "register_state", "load_state_dict", "state_dict")


class Library:
    """Namespaces over one interpreter."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.machine = interpreter
        interpreter.builtins = self._builtins()
        interpreter.construct_layer = self.construct
        interpreter.module_attribute = self.method
        self._spaces: dict[str, Callable[[str], Any]] = {
            "torch": self._torch,
            "torch.nn": self._nn,
            "torch.nn.modules": self._nn,
            "torch.nn.parameter": self._nn,
            "torch.nn.functional": lambda name: Native(name, lambda _args, _kwargs: Tensor(None, None)),
            "torch.nn.init": lambda name: Native(name, lambda args, _kwargs: args[0] if args else None),
            "math": self._math,
            "functools": self._functools,
            "collections": self._collections,
            "copy": lambda name: Native(name, self._copy),
            "itertools": self._itertools,
            "numpy": self._numpy,
            "dataclasses": lambda name: Native(name, lambda _args, _kwargs: Unknown(name, module=False)),
            "warnings": lambda name: Native(name, lambda _args, _kwargs: None),
            "logging": lambda name: Unknown(name, module=False),
            "os": lambda name: Unknown(name, module=False),
            "sys": lambda name: Unknown(name, module=False),
            "random": lambda name: Unknown(name, module=False),
            "time": lambda name: Unknown(name, module=False),
        }

    def space(self, module: str) -> Any:
        """Namespace of a module; Unknown for what we do not know."""
        if module in _TYPING:
            return Space(module, lambda name: Unknown(name, module=False) if module != "enum" else Unknown(name))
        if module in self._spaces:
            return Space(module, self._spaces[module])
        if module.startswith("torch.nn.modules."):
            return Space(module, self._nn)
        return Unknown(module, module=not module.startswith(("torch.utils", "torch.distributed", "torch.cuda", "torch.autograd")))

    # ------------------------------------------------------------------------------------------------------------------------ torch

    def _torch(self, name: str) -> Any:
        if name == "nn":
            return self.space("torch.nn")
        if name in tensors.DTYPES:
            return tensors.DTYPES[name]
        if name in tensors.FACTORIES:
            return Native(name, tensors.FACTORIES[name])
        if name in {"Tensor", "Size", "device", "dtype", "LongTensor", "FloatTensor"}:
            return Native(name, lambda args, _kwargs: args[0] if name == "Size" and args else Unknown(name, module=False))
        if name in {"utils", "jit", "cuda", "distributed", "autograd", "backends", "hub", "fx", "ops", "overrides", "manual_seed"}:
            return Unknown(f"torch.{name}", module=name in {"utils", "hub", "jit"})
        if name in {"no_grad", "inference_mode", "enable_grad"}:
            return Native(name, lambda _args, _kwargs: None)
        return Native(name, lambda _args, _kwargs: Tensor(None, None))

    def _nn(self, name: str) -> Any:
        if name in {"Parameter", "UninitializedParameter"}:
            return Native(name, self._parameter)
        if name in {"functional", "init", "modules", "parameter"}:
            return self.space(f"torch.nn.{name}")
        if name in layers.CONTAINERS or layers.is_layer(name):
            return Layer(name)
        if name in {"container", "module", "linear", "conv", "utils"}:
            return self.space(f"torch.nn.modules.{name}") if name != "utils" else Unknown("torch.nn.utils")
        return Unknown(f"nn.{name}")

    def _parameter(self, args: list[Any], kwargs: Arguments) -> Any:
        data = args[0] if args else kwargs.get("data")
        grad = args[1] if len(args) > 1 else kwargs.get("requires_grad", True)
        if isinstance(data, Unknown):
            return Tensor(None, None, parameter=True, requires_grad=True)
        if not isinstance(data, Tensor) or not isinstance(grad, bool):
            raise Stuck("unsupported", what="nn.Parameter", line=self.machine.line)
        return Tensor(data.shape, data.dtype, parameter=True, requires_grad=grad)

    def construct(self, name: str, args: list[Any], kwargs: Arguments, module: Module | None) -> Module:
        """Make a layer or container, or fill the user's own that derives from it."""
        made = module or Module(None, name)
        kwargs = {word: value for word, value in kwargs.items() if word != "device"}
        try:
            if name == "Module":
                return made
            if name in layers.CONTAINERS:
                self._fill(made, name, args)
                return made
            return layers.make_layer(name, args, kwargs, made)
        except Stuck as stuck:
            if "line" in stuck.params:
                stuck.params["line"] = self.machine.line
            raise

    def _fill(self, made: Module, name: str, args: list[Any]) -> None:
        if not args or args[0] is None:
            return
        first = args[0]
        if name == "Sequential" and not isinstance(first, dict):
            pairs = [(str(index), part) for index, part in enumerate(args)]
        elif isinstance(first, dict):
            pairs = list(first.items())
        elif name in {"ModuleDict", "ParameterDict"} and not isinstance(first, Module):
            pairs = [tuple(self.machine.items(part)) for part in self.machine.items(first)]
        else:
            pairs = [(str(index), part) for index, part in enumerate(self.machine.items(first))]
        for key, value in pairs:
            self._hold(made, name, key, value)

    def _hold(self, made: Module, name: str, key: Any, value: Any) -> None:
        if not isinstance(key, str):
            raise Stuck("unsupported", what="a key", line=self.machine.line)
        if name.startswith("Parameter"):
            if not isinstance(value, Tensor):
                raise Stuck("unknown", what="a parameter", line=self.machine.line)
            made.params[key] = value if value.parameter else Tensor(value.shape, value.dtype, parameter=True, requires_grad=True)
        elif isinstance(value, Module) or value is None:
            made.children[key] = value
        else:
            raise Stuck("unknown", what=getattr(value, "reason", "a module"), line=self.machine.line)

    # -------------------------------------------------------------------------------------------------------------- methods of modules

    def method(self, module: Module, name: str) -> Any:
        """Attributes and methods that torch gives to every module."""
        if name == "training":
            return True
        if name in {"_modules", "_parameters", "_buffers"}:
            return {"_modules": module.children, "_parameters": module.params, "_buffers": module.buffers}[name]
        if name == "__init__":
            return Native(name, lambda _args, _kwargs: None)
        if any(sign in name for sign in _HOOKS):
            raise Stuck("unsupported", what=name, line=self.machine.line)
        handler = getattr(self, f"_module_{name}", None)
        if handler is not None:
            return Native(name, lambda args, kwargs: handler(module, args, kwargs))
        if name in _SAME:
            return Native(name, lambda args, _kwargs: self._cast(module, [arg.name for arg in args if isinstance(arg, Dtype)]))
        if name in _CASTS:
            return Native(name, lambda _args, _kwargs: self._cast(module, [_CASTS[name]]))
        if name == "forward":
            return Native(name, lambda _args, _kwargs: Unknown(name, module=False))
        raise Stuck("raises", detail=f"AttributeError: {name}", line=self.machine.line)

    def _cast(self, module: Module, dtypes: list[str]) -> Module:
        for part in module.walk() if dtypes else ():
            for tensor in [*part.params.values(), *part.buffers.values()]:
                if tensor is not None and tensor.dtype is not None and tensor.dtype.startswith(("F", "BF")):
                    tensor.dtype = dtypes[0]
        return module

    def _module_register_buffer(self, module: Module, args: list[Any], kwargs: Arguments) -> None:
        name, tensor, *rest = [*args, *(kwargs[word] for word in ("name", "tensor") if word in kwargs)]
        persistent = rest[0] if rest else kwargs.get("persistent", True)
        if isinstance(tensor, Unknown):
            tensor = Tensor(None, None)
        if not isinstance(name, str) or not isinstance(tensor, Tensor | None) or not isinstance(persistent, bool):
            raise Stuck("unknown", what="a buffer", line=self.machine.line)
        module.attrs.pop(name, None)
        module.buffers[name] = tensor
        (module.volatile.discard if persistent else module.volatile.add)(name)

    def _module_register_parameter(self, module: Module, args: list[Any], kwargs: Arguments) -> None:
        name, value = [*args, *(kwargs[word] for word in ("name", "param") if word in kwargs)]
        if not isinstance(name, str) or not (value is None or isinstance(value, Tensor)):
            raise Stuck("unknown", what="a parameter", line=self.machine.line)
        module.params[name] = value

    def _module_add_module(self, module: Module, args: list[Any], kwargs: Arguments) -> None:
        name, value = [*args, *(kwargs[word] for word in ("name", "module") if word in kwargs)]
        if not isinstance(name, str) or not (value is None or isinstance(value, Module)):
            raise Stuck("unknown", what="a module", line=self.machine.line)
        module.children[name] = value

    _module_register_module = _module_add_module

    def _module_append(self, module: Module, args: list[Any], _kwargs: Arguments) -> Module:
        held = module.params if module.kind.startswith("Parameter") else module.children
        self._hold(module, module.kind, str(len(held)), args[0])
        return module

    def _module_extend(self, module: Module, args: list[Any], kwargs: Arguments) -> Module:
        for part in self.machine.items(args[0]):
            self._module_append(module, [part], kwargs)
        return module

    def _module_insert(self, module: Module, args: list[Any], _kwargs: Arguments) -> Module:
        parts = list(module.children.values())
        if type(args[0]) is not int or not isinstance(args[1], Module):
            raise Stuck("unknown", what="insert", line=self.machine.line)
        parts.insert(args[0], args[1])
        module.children = {str(index): part for index, part in enumerate(parts)}
        return module

    def _module_update(self, module: Module, args: list[Any], _kwargs: Arguments) -> None:
        self._fill(module, module.kind, args)

    def _module_keys(self, module: Module, _args: list[Any], _kwargs: Arguments) -> list[str]:
        return list(module.params if module.kind.startswith("Parameter") else module.children)

    def _module_values(self, module: Module, _args: list[Any], _kwargs: Arguments) -> list[Any]:
        return list((module.params if module.kind.startswith("Parameter") else module.children).values())

    def _module_items(self, module: Module, _args: list[Any], _kwargs: Arguments) -> list[Any]:
        return list((module.params if module.kind.startswith("Parameter") else module.children).items())

    def _module_children(self, module: Module, _args: list[Any], _kwargs: Arguments) -> list[Any]:
        return [child for child in module.children.values() if child is not None]

    def _module_named_children(self, module: Module, _args: list[Any], _kwargs: Arguments) -> list[Any]:
        return [(name, child) for name, child in module.children.items() if child is not None]

    def _module_modules(self, module: Module, _args: list[Any], _kwargs: Arguments) -> list[Any]:
        return list(module.walk())

    def _module_parameters(self, module: Module, _args: list[Any], _kwargs: Arguments) -> list[Any]:
        found = {id(tensor): tensor for part in module.walk() for tensor in part.params.values() if tensor is not None}
        return list(found.values())

    def _module_named_parameters(self, module: Module, _args: list[Any], _kwargs: Arguments) -> list[Any]:
        seen: set[int] = set()
        out = []
        pending = [("", module)]
        while pending:
            prefix, part = pending.pop(0)
            for name, tensor in part.params.items():
                if tensor is not None and id(tensor) not in seen:
                    seen.add(id(tensor))
                    out.append((prefix + name, tensor))
            pending[:0] = [(f"{prefix}{name}.", child) for name, child in part.children.items() if child is not None]
        return out

    def _module_requires_grad_(self, module: Module, args: list[Any], kwargs: Arguments) -> Module:
        wanted = args[0] if args else kwargs.get("requires_grad", True)
        for tensor in self._module_parameters(module, [], {}):
            tensor.requires_grad = bool(wanted)
        return module

    def _module_apply(self, module: Module, args: list[Any], _kwargs: Arguments) -> Module:
        """Initialisation changes no key; a function that assigns modules or parameters might."""
        function = args[0]
        function = function.function if isinstance(function, Bound) else function
        if not isinstance(function, Function) or _assigns(function):
            raise Stuck("unsupported", what="apply", line=self.machine.line)
        return module

    def _module_get_submodule(self, module: Module, args: list[Any], _kwargs: Arguments) -> Any:
        found: Any = module
        for part in str(args[0]).split(".") if args[0] else ():
            found = self.machine.attribute(found, part)
        return found

    # ------------------------------------------------------------------------------------------------------------ standard library

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
            return Native(name, self._dictionary)
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
                out |= self.machine.checked(lambda pairs=pairs: dict(pairs))
        return out | kwargs

    def _copy(self, args: list[Any], _kwargs: Arguments) -> Any:
        value = args[0]
        if isinstance(value, Module):
            return layers.copied(value, {})
        if isinstance(value, list | tuple | dict) and light(value) and not _holds_modules(value):
            return type(value)(value)
        if isinstance(value, int | float | str | None):
            return value
        raise Stuck("unsupported", what="copy", line=self.machine.line)

    def _itertools(self, name: str) -> Any:
        if name == "chain":
            return Native(name, lambda args, _kwargs: [item for arg in args for item in self.machine.items(arg)])
        return Unknown(f"itertools.{name}", module=False)

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
                return (
                    kind.name == "Module" or kind.name == value.kind or (kind.name == "Linear" and value.kind.startswith("NonDynamically"))
                )
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


def _assigns(function: Function) -> bool:
    """Whether a function assigns attributes other than a tensor's data."""
    return any(
        isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr not in {"data", "requires_grad"}
        for node in ast.walk(function.node)
    ) or any(isinstance(node, ast.Call) and ast.unparse(node.func) == "setattr" for node in ast.walk(function.node))


def _holds_modules(value: Any) -> bool:
    parts = value.values() if isinstance(value, dict) else value
    return any(isinstance(part, Module | Tensor | Instance | list | dict) for part in parts)
