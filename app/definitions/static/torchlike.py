"""What the interpreted code may import: torch and torch.nn by shape, and harmless parts of the standard library."""

import ast
from collections.abc import Callable
from typing import Any

from app.definitions.static import layers, tensors
from app.definitions.static.interpreter import Interpreter
from app.definitions.static.neighbours import NEIGHBOURS
from app.definitions.static.standard import Standard
from app.definitions.static.values import (
    Bound,
    Dtype,
    Function,
    Layer,
    Module,
    Native,
    Space,
    Stuck,
    Tensor,
    Unknown,
)

Arguments = dict[str, Any]
_CASTS = {"half": "F16", "bfloat16": "BF16", "double": "F64", "float": "F32"}
_SAME = frozenset(["to", "cuda", "cpu", "train", "eval", "share_memory", "to_empty", "type", "apply_", "compile"])
_TYPING = frozenset({"typing", "typing_extensions", "types", "abc", "enum", "numbers"})
_HOOKS = ("hook", "register_state", "load_state_dict", "state_dict")


class Library(Standard):
    """Namespaces over one interpreter."""

    def __init__(self, interpreter: Interpreter) -> None:
        super().__init__(interpreter)
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
            **NEIGHBOURS,
        }

    def space(self, module: str) -> Any:
        """Namespace of a module; Unknown for what we do not know."""
        if module == "collections.abc":
            return Space(module, lambda name: Native(name, lambda _args, _kwargs: Unknown(name, module=False)))
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
        if name in {"load", "compile", "ao", "quantization", "export", "package", "onnx", "vmap", "func"}:
            return Unknown(f"torch.{name}")
        return Native(name, lambda args, _kwargs: self._some_tensor(name, args))

    def _some_tensor(self, name: str, args: list[Any]) -> Tensor:
        if any(isinstance(arg, Module) for arg in args):
            raise Stuck("unknown", what=f"torch.{name}", line=self.machine.line)
        return Tensor(None, None)

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
            layers.make_layer(name, args, kwargs, made)
        except Stuck as stuck:
            if "line" in stuck.params:
                stuck.params["line"] = self.machine.line
            raise
        self.machine.charge(len(made.params) + (len(made.walk()) if made.children else 1))
        return made

    def _fill(self, made: Module, name: str, args: list[Any]) -> None:
        if not args or args[0] is None:
            return
        first = args[0]
        if name == "Sequential" and not isinstance(first, dict):
            pairs = [(str(index), part) for index, part in enumerate(args)]
        elif isinstance(first, dict):
            pairs = list(first.items())
            if name == "ParameterDict" and type(first) is dict and all(isinstance(key, str) for key in first):
                pairs.sort(key=lambda pair: pair[0])  # as torch does with a plain dictionary
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
            made.takes(key, made.children)
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

    def _walked(self, module: Module) -> list[Module]:
        found = module.walk()
        self.machine.charge(len(found))
        return found

    def _cast(self, module: Module, dtypes: list[str]) -> Module:
        for part in self._walked(module) if dtypes else ():
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
        module.takes(name, module.buffers)
        module.buffers[name] = tensor
        (module.volatile.discard if persistent else module.volatile.add)(name)

    def _module_register_parameter(self, module: Module, args: list[Any], kwargs: Arguments) -> None:
        name, value = [*args, *(kwargs[word] for word in ("name", "param") if word in kwargs)]
        if not isinstance(name, str) or not (value is None or isinstance(value, Tensor)):
            raise Stuck("unknown", what="a parameter", line=self.machine.line)
        module.takes(name, module.params)
        module.params[name] = value

    def _module_add_module(self, module: Module, args: list[Any], kwargs: Arguments) -> None:
        name, value = [*args, *(kwargs[word] for word in ("name", "module") if word in kwargs)]
        if not isinstance(name, str) or not (value is None or isinstance(value, Module)):
            raise Stuck("unknown", what="a module", line=self.machine.line)
        module.takes(name, module.children)
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
        return self._walked(module)

    def _module_parameters(self, module: Module, _args: list[Any], _kwargs: Arguments) -> list[Any]:
        found = {id(tensor): tensor for part in self._walked(module) for tensor in part.params.values() if tensor is not None}
        return list(found.values())

    def _module_named_parameters(self, module: Module, _args: list[Any], _kwargs: Arguments) -> list[Any]:
        seen: set[int] = set()  # of modules and parameters
        out = []
        pending = [("", module)]
        while pending:
            prefix, part = pending.pop(0)
            if id(part) in seen:
                continue
            seen.add(id(part))
            for name, tensor in part.params.items():
                if tensor is not None and id(tensor) not in seen:
                    seen.add(id(tensor))
                    out.append((prefix + name, tensor))
            pending[:0] = [(f"{prefix}{name}.", child) for name, child in part.children.items() if child is not None]
            self.machine.charge(1 + len(part.params) + len(part.children))
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


def _assigns(function: Function) -> bool:
    """Whether a function assigns attributes other than a tensor's data."""
    return any(
        isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and node.attr not in {"data", "requires_grad"}
        for node in ast.walk(function.node)
    ) or any(isinstance(node, ast.Call) and ast.unparse(node.func) == "setattr" for node in ast.walk(function.node))
