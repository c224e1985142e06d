"""Interprets the Python of a model's constructor: no code runs, every step is counted, whatever is not known stops it or stays unknown."""

import ast
import operator
from collections.abc import Callable, Iterator
from typing import Any

from app.definitions.static import tensors
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

MAX_STEPS = 400_000
MAX_DEPTH = 60
MAX_SIZE = 100_000
_MAX_BITS = 512

Operator = Callable[[Any, Any], Any]
_BINARY: dict[type[ast.operator], Operator] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
}
_COMPARE: dict[type[ast.cmpop], Operator] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda item, held: item in held,
    ast.NotIn: lambda item, held: item not in held,
}
_PLAIN = (bool, int, float, str, bytes, type(None), tuple, list, dict, set, frozenset, range, slice, type(Ellipsis))
_TEXT_METHODS = frozenset("lower upper strip lstrip rstrip split rsplit startswith endswith replace format join title capitalize isdigit partition".split())
_METHODS: dict[type, frozenset[str]] = {
    str: _TEXT_METHODS,
    list: frozenset("append extend insert pop index count copy reverse sort remove clear".split()),
    tuple: frozenset("index count numel".split()),
    dict: frozenset("get items keys values pop update setdefault copy clear".split()),
    set: frozenset("add discard update union intersection difference copy remove".split()),
    int: frozenset({"bit_length"}),
    float: frozenset({"is_integer"}),
}


class Returned(Exception):  # noqa: N818  control flow
    """`return`."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class LoopEnded(Exception):  # noqa: N818  control flow
    """`break` (or `continue` where `again`)."""

    def __init__(self, *, again: bool) -> None:
        super().__init__()
        self.again = again


def light(value: Any) -> bool:
    """Whether a value, written out, is small: nested lists that share their parts can be larger than any memory."""
    pending, count = [value], 0
    while pending:
        part = pending.pop()
        count += 1
        if count > MAX_SIZE:
            return False
        if isinstance(part, list | tuple | set | frozenset):
            pending.extend(part)
        elif isinstance(part, dict):
            pending.extend(part)
            pending.extend(part.values())
    return True


class Interpreter:
    """Evaluates expressions and statements. What torch provides comes from `library`, filled by `app.definitions.static.torchlike`."""

    def __init__(self, resolve: Callable[[str, int, str], Any]) -> None:
        self.resolve = resolve  # (module, level, importing module) -> Space or Unknown
        self.builtins: dict[str, Any] = {}
        self.construct_layer: Callable[[str, list[Any], dict[str, Any], Module | None], Module] | None = None
        self.module_attribute: Callable[[Module, str], Any] | None = None
        self._steps = 0
        self._depth = 0
        self.line = 0

    # ------------------------------------------------------------------------------------------------------------------ expressions

    def step(self, node: ast.AST) -> None:
        """Count one step; Stuck over the budget."""
        self._steps += 1
        self.line = getattr(node, "lineno", self.line)
        if self._steps > MAX_STEPS:
            raise Stuck("budget", line=self.line)

    def eval(self, node: ast.expr, scope: Scope) -> Any:
        """Value of an expression."""
        self.step(node)
        handler = getattr(self, "_" + type(node).__name__.lower(), None)
        if handler is None:
            raise Stuck("unsupported", what=type(node).__name__, line=self.line)
        return handler(node, scope)

    def _constant(self, node: ast.Constant, _: Scope) -> Any:
        return node.value

    def _name(self, node: ast.Name, scope: Scope) -> Any:
        held = scope.find(node.id)
        if held is not None:
            return held.names[node.id]
        if node.id in self.builtins:
            return self.builtins[node.id]
        raise Stuck("raises", detail=f"NameError: {node.id}", line=self.line)

    def _attribute(self, node: ast.Attribute, scope: Scope) -> Any:
        return self.attribute(self.eval(node.value, scope), node.attr)

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
            case _ if name in _METHODS.get(type(value), ()):
                return Native(name, lambda args, kwargs: self._plain_method(value, name, args, kwargs))
            case _:
                raise Stuck("unsupported", what=f".{name}", line=self.line)

    def _plain_method(self, value: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
        if isinstance(value, tuple) and name == "numel":
            return self.checked(lambda: __import__("math").prod(value))
        if name == "format" or (name == "join" and any(isinstance(part, Unknown) for part in args)):
            if any(not isinstance(arg, str | int | float) for arg in [*args, *kwargs.values()]) or "{:" in value or ":" in value:
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

    def checked(self, run: Callable[[], Any]) -> Any:
        """Run a plain operation: its exceptions are the code's, its results are bounded."""
        try:
            result = run()
        except Stuck:
            raise
        except (TypeError, ValueError, KeyError, IndexError, AttributeError, ZeroDivisionError, OverflowError, StopIteration) as error:
            raise Stuck("raises", detail=f"{type(error).__name__}: {error}"[:200], line=self.line) from None
        if isinstance(result, list | tuple | dict | set | str | bytes):
            self._steps += len(result) // 64
            if len(result) > MAX_SIZE:
                raise Stuck("budget", line=self.line)
        if isinstance(result, int) and result.bit_length() > _MAX_BITS:
            raise Stuck("budget", line=self.line)
        return result

    def class_attribute(self, cls: UserClass, name: str, this: Any, after: UserClass | None = None) -> Any:
        """Look a name up along the classes; `after` for `super()`."""
        line = cls.mro()
        if after is not None:
            line = line[line.index(after) + 1 :]
        for part in line:
            if isinstance(part, UserClass) and name in part.names:
                return self._got(part.names[name], this, cls)
            if isinstance(part, Layer) and name == "__init__":
                return Native(name, lambda args, kwargs, part=part: self._layer_init(part, [this, *args], kwargs))
            if isinstance(part, Unknown):
                return Unknown(part.reason)
        if name == "__init__":
            return Native(name, lambda _args, _kwargs: None)
        if isinstance(this, Module):
            return self._native_attribute(this, name)
        raise Stuck("raises", detail=f"AttributeError: {name}", line=self.line)

    def _got(self, value: Any, this: Any, cls: UserClass) -> Any:
        if isinstance(value, Function):
            if value.kind == "static" or this is None and value.kind == "plain":
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

    def _layer_init(self, layer: Layer, args: list[Any], kwargs: dict[str, Any]) -> None:
        module, *rest = args
        if not isinstance(module, Module) or self.construct_layer is None:
            raise Stuck("unsupported", what=f"{layer.name}.__init__", line=self.line)
        module.kind = layer.name if layer.name != "Module" or not module.kind else module.kind
        if layer.name != "Module":
            self.construct_layer(layer.name, rest, kwargs, module)

    def _call(self, node: ast.Call, scope: Scope) -> Any:
        if isinstance(node.func, ast.Name) and node.func.id == "super":
            return self._super(node, scope)
        function = self.eval(node.func, scope)
        args = self._spread(node.args, scope)
        kwargs: dict[str, Any] = {}
        for word in node.keywords:
            value = self.eval(word.value, scope)
            if word.arg is not None:
                kwargs[word.arg] = value
            elif isinstance(value, dict) and all(isinstance(key, str) for key in value):
                kwargs.update(value)
            elif isinstance(value, Unknown):
                return Unknown(value.reason)
            else:
                raise Stuck("unsupported", what="**", line=self.line)
        return self.call(function, args, kwargs)

    def _spread(self, nodes: list[ast.expr], scope: Scope) -> list[Any]:
        out: list[Any] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                out += self.items(self.eval(node.value, scope))
            else:
                out.append(self.eval(node, scope))
        return out

    def _super(self, node: ast.Call, scope: Scope) -> Any:
        inner: Scope | None = scope
        while inner is not None and inner.owner is None:
            inner = inner.outer
        if inner is None or inner.owner is None:
            raise Stuck("unsupported", what="super()", line=self.line)
        owner, this = inner.owner, inner.this
        if node.args:
            named = self.eval(node.args[0], scope)
            owner = named if isinstance(named, UserClass) else owner
        cls = this.cls if isinstance(this, Module | Instance) and this.cls is not None else owner
        return Space("super", lambda name: self.class_attribute(cls, name, this, after=owner))

    def call(self, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Call a value."""
        match function:
            case Native():
                return function.run(args, kwargs)
            case Bound():
                return self.call(function.function, [function.this, *args], kwargs)
            case Function():
                return self._run(function, args, kwargs)
            case UserClass():
                return self._make(function, args, kwargs)
            case Layer() if self.construct_layer is not None:
                return self.construct_layer(function.name, args, kwargs, None)
            case Unknown():
                return Unknown(function.reason, function.module)
            case Module() | Tensor():
                return Unknown("forward", module=False)
            case Instance():
                return self.call(self.class_attribute(function.cls, "__call__", function), args, kwargs)
            case _:
                raise Stuck("raises", detail=f"TypeError: {type(function).__name__} is not callable", line=self.line)

    def _make(self, cls: UserClass, args: list[Any], kwargs: dict[str, Any]) -> Any:
        line = cls.mro()
        unknown = next((part for part in line if isinstance(part, Unknown)), None)
        if unknown is not None:
            return Unknown(unknown.reason)
        if any(name in part.names for part in line if isinstance(part, UserClass) for name in ("__new__", "__setattr__", "__getattr__")):
            raise Stuck("unsupported", what=f"{cls.name}.__setattr__", line=self.line)
        layer = next((part.name for part in line if isinstance(part, Layer)), None)
        made: Any = Module(cls, layer) if layer is not None else Instance(cls)
        if cls.fields is not None:
            self._fill(made, cls, args, kwargs)
        else:
            self.call(self.class_attribute(cls, "__init__", made), args, kwargs)
        return made

    def _fill(self, made: Any, cls: UserClass, args: list[Any], kwargs: dict[str, Any]) -> None:
        """Fill a dataclass."""
        fields = [field for part in reversed(cls.mro()) if isinstance(part, UserClass) for field in part.fields or []]
        given = dict(zip((name for name, _ in fields), args, strict=False)) | kwargs
        for name, default in fields:
            if name not in given and default is None:
                raise Stuck("raises", detail=f"TypeError: {name} is missing", line=self.line)
            made.attrs[name] = given[name] if name in given else default()
        if "__post_init__" in cls.names:
            self.call(Bound(cls.names["__post_init__"], made), [], {})

    def _run(self, function: Function, args: list[Any], kwargs: dict[str, Any]) -> Any:
        names = self._bind(function, args, kwargs)
        this = args[0] if args else None
        scope = Scope(names, function.scope, function.owner, this)
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Stuck("budget", line=self.line)
        try:
            if isinstance(function.node, ast.Lambda):
                return self.eval(function.node.body, scope)
            if any(isinstance(part, ast.Yield | ast.YieldFrom) for part in ast.walk(function.node)):
                return Unknown("yield", module=False)
            self.run(function.node.body, scope)
        except Returned as returned:
            return returned.value
        finally:
            self._depth -= 1
        return None

    def _bind(self, function: Function, args: list[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
        spec = function.node.args
        order = [arg.arg for arg in (*spec.posonlyargs, *spec.args)]
        names = dict(zip(order[len(order) - len(function.defaults) :], function.defaults, strict=True)) | function.keyword_defaults
        names |= dict(zip(order, args, strict=False))
        if len(args) > len(order) and spec.vararg is None:
            raise Stuck("raises", detail="TypeError: too many arguments", line=self.line)
        if spec.vararg is not None:
            names[spec.vararg.arg] = tuple(args[len(order) :])
        known = {*order, *(arg.arg for arg in spec.kwonlyargs)}
        rest = {name: value for name, value in kwargs.items() if name not in known}
        if rest and spec.kwarg is None:
            raise Stuck("raises", detail=f"TypeError: unexpected argument {next(iter(rest))}", line=self.line)
        twice = [name for name in order[: len(args)] if name in kwargs]
        if twice:
            raise Stuck("raises", detail=f"TypeError: {twice[0]} comes twice", line=self.line)
        names |= {name: value for name, value in kwargs.items() if name in known}
        if spec.kwarg is not None:
            names[spec.kwarg.arg] = rest
        missing = [name for name in known if name not in names]
        if missing:
            raise Stuck("raises", detail=f"TypeError: {sorted(missing)[0]} is missing", line=self.line)
        return names

    def items(self, value: Any) -> list[Any]:
        """Items of an iterable; Stuck where they are not known."""
        match value:
            case str() | list() | tuple() | dict() | set() | frozenset() | range():
                if len(value) > MAX_SIZE:
                    raise Stuck("budget", line=self.line)
                self._steps += len(value) // 64
                return list(value)
            case Module() if value.kind in {"Sequential", "ModuleList"}:
                return list(value.children.values())
            case Module() if value.kind == "ModuleDict":
                return list(value.children)
            case Module() if value.kind == "ParameterList":
                return list(value.params.values())
            case Tensor() if value.data is not None:
                return [Tensor((), value.dtype, data=[number]) for number in value.data]
            case _ if hasattr(value, "__next__") or type(value).__name__ in {"dict_items", "dict_keys", "dict_values"}:
                return self.checked(lambda: list(value))  # type: ignore[no-any-return]
            case _:
                raise Stuck("unknown", what="an iteration", line=self.line)

    def truth(self, value: Any) -> bool:
        """Truth of a value; Stuck where it is not known."""
        match value:
            case Unknown():
                raise Stuck("unknown", what=value.reason, line=self.line)
            case Tensor():
                if value.data is not None and len(value.data) == 1:
                    return bool(value.data[0])
                raise Stuck("unknown", what="a tensor's value", line=self.line)
            case Module():
                return bool(value.children or value.params) if value.kind in {"Sequential", "ModuleList", "ModuleDict", "ParameterList"} else True
            case _:
                return bool(value)

    def _binop(self, node: ast.BinOp, scope: Scope) -> Any:
        return self.binary(node.op, self.eval(node.left, scope), self.eval(node.right, scope))

    def binary(self, op: ast.operator, left: Any, right: Any) -> Any:
        """Apply an operator."""
        if isinstance(left, Tensor) or isinstance(right, Tensor):
            return tensors.binary(left, right, dividing=isinstance(op, ast.Div))
        if isinstance(left, Module) and isinstance(right, Module | list):
            raise Stuck("unsupported", what="+ of modules", line=self.line)
        if not isinstance(left, _PLAIN) or not isinstance(right, _PLAIN):
            return Unknown("an operator", module=isinstance(left, Unknown) and left.module)
        if isinstance(op, ast.LShift | ast.RShift):
            small = type(left) is int and type(right) is int and 0 <= right < _MAX_BITS
            return self.checked(lambda: left << right if isinstance(op, ast.LShift) else left >> right) if small else Unknown("<<", module=False)
        if isinstance(op, ast.Mod) and isinstance(left, str | bytes):
            return self._percent(left, right)
        if isinstance(op, ast.Mult):
            self._bounded(left, right)
        if isinstance(op, ast.Pow) and (not isinstance(right, int | float) or abs(right) > _MAX_BITS):
            return Unknown("**", module=False)
        function = _BINARY.get(type(op))
        if function is None:
            return Unknown("an operator", module=False)
        return self.checked(lambda: function(left, right))

    def _percent(self, left: Any, right: Any) -> Any:
        if "%" in str(left).replace("%s", "").replace("%d", "").replace("%i", ""):
            return Unknown("%", module=False)
        parts = right if isinstance(right, tuple) else (right,)
        return self.checked(lambda: left % right) if all(isinstance(part, str | int | float) for part in parts) else Unknown("%", module=False)

    def _bounded(self, left: Any, right: Any) -> None:
        for held, times in ((left, right), (right, left)):
            if isinstance(held, list | tuple | str | bytes) and type(times) is int and len(held) * times > MAX_SIZE:
                raise Stuck("budget", line=self.line)

    def _unaryop(self, node: ast.UnaryOp, scope: Scope) -> Any:
        value = self.eval(node.operand, scope)
        if isinstance(node.op, ast.Not):
            return not self.truth(value)
        if isinstance(value, Tensor):
            return Tensor(value.shape, value.dtype)
        if isinstance(value, int | float):
            return -value if isinstance(node.op, ast.USub) else ~value if isinstance(node.op, ast.Invert) and isinstance(value, int) else +value
        return Unknown("an operator", module=False)

    def _boolop(self, node: ast.BoolOp, scope: Scope) -> Any:
        value: Any = None
        for part in node.values:
            value = self.eval(part, scope)
            if self.truth(value) != isinstance(node.op, ast.And):
                return value
        return value

    def _compare(self, node: ast.Compare, scope: Scope) -> Any:
        left = self.eval(node.left, scope)
        for op, part in zip(node.ops, node.comparators, strict=True):
            right = self.eval(part, scope)
            result = self._compared(op, left, right)
            if isinstance(result, Unknown | Tensor) or not result:
                return result
            left = right
        return True

    def _compared(self, op: ast.cmpop, left: Any, right: Any) -> Any:
        identity = isinstance(op, ast.Is | ast.IsNot)
        if identity and (left is None or right is None) and not (isinstance(left, Unknown) or isinstance(right, Unknown)):
            return (left is right) == isinstance(op, ast.Is)
        sides = [side.data[0] if isinstance(side, Tensor) and side.data is not None and side.shape == () else side for side in (left, right)]
        if any(isinstance(side, Unknown) for side in sides):
            return Unknown("a comparison", module=False)
        if any(isinstance(side, Tensor) for side in sides):
            return tensors.binary(*sides, comparing=True) if not identity else sides[0] is sides[1]
        if isinstance(op, ast.Eq | ast.NotEq) and all(isinstance(side, Dtype | Layer) for side in sides):
            same = type(sides[0]) is type(sides[1]) and sides[0].name == sides[1].name
            return same == isinstance(op, ast.Eq)
        if isinstance(right, list | tuple | dict | set) and isinstance(op, ast.In | ast.NotIn) and any(isinstance(part, Unknown) for part in right):
            return Unknown("a comparison", module=False)
        if not light(sides):
            raise Stuck("budget", line=self.line)
        return self.checked(lambda: _COMPARE[type(op)](*sides))

    def _ifexp(self, node: ast.IfExp, scope: Scope) -> Any:
        condition = self.eval(node.test, scope)
        try:
            return self.eval(node.body if self.truth(condition) else node.orelse, scope)
        except Stuck as stuck:
            if stuck.code != "unknown" or not isinstance(condition, Unknown | Tensor):
                raise
        sides = [self.eval(side, scope) for side in (node.body, node.orelse)]
        if all(isinstance(side, Module) and side.bare() for side in sides):
            return sides[0]  # whichever it is, it holds no tensor
        return Unknown("a condition", module=any(isinstance(side, Module | Unknown) for side in sides))

    def _tuple(self, node: ast.Tuple, scope: Scope) -> Any:
        return tuple(self._spread(node.elts, scope))

    def _list(self, node: ast.List, scope: Scope) -> Any:
        return self._spread(node.elts, scope)

    def _set(self, node: ast.Set, scope: Scope) -> Any:
        parts = self._spread(node.elts, scope)
        if not light(parts):
            raise Stuck("budget", line=self.line)
        return self.checked(lambda: set(parts))

    def _dict(self, node: ast.Dict, scope: Scope) -> Any:
        out: dict[Any, Any] = {}
        for key, part in zip(node.keys, node.values, strict=True):
            value = self.eval(part, scope)
            if key is None:
                self.checked(lambda value=value: out.update(value))
            else:
                name = self.eval(key, scope)
                if not light(name):
                    raise Stuck("budget", line=self.line)
                self.checked(lambda name=name, value=value: out.__setitem__(name, value))
        return out

    def _subscript(self, node: ast.Subscript, scope: Scope) -> Any:
        value = self.eval(node.value, scope)
        if isinstance(value, Unknown | Space | UserClass | Layer | Native):
            return value if not isinstance(value, Unknown) else Unknown(value.reason, value.module)  # typing: List[int], Generic[T]
        index = self.eval(node.slice, scope)
        if isinstance(value, Tensor):
            return tensors.indexed(value, index)
        if isinstance(value, Module):
            return self._in_module(value, index)
        if isinstance(index, Unknown):
            return Unknown("an index")
        if not light(index):
            raise Stuck("budget", line=self.line)
        return self.checked(lambda: value[index])

    def _in_module(self, module: Module, index: Any) -> Any:
        held: dict[str, Any] = module.params if module.kind.startswith("Parameter") else module.children
        if isinstance(index, str) and index in held:
            return held[index]
        if type(index) is int and -len(held) <= index < len(held):
            return list(held.values())[index]
        if isinstance(index, slice) and module.kind in {"Sequential", "ModuleList"}:
            new = Module(None, module.kind)
            picked = list(module.children.items())[index]
            new.children = dict(picked) if module.kind == "Sequential" else {str(n): child for n, (_, child) in enumerate(picked)}
            return new
        raise Stuck("unsupported", what="an index", line=self.line)

    def _slice(self, node: ast.Slice, scope: Scope) -> Any:
        return slice(*(None if part is None else self.eval(part, scope) for part in (node.lower, node.upper, node.step)))

    def _joinedstr(self, node: ast.JoinedStr, scope: Scope) -> Any:
        out = []
        for part in node.values:
            value = self.eval(part, scope)
            if isinstance(value, Unknown):
                return value
            out.append(str(value))
        return self.checked(lambda: "".join(out))

    def _formattedvalue(self, node: ast.FormattedValue, scope: Scope) -> Any:
        value = self.eval(node.value, scope)
        if not isinstance(value, str | int | float | bool | None) or node.conversion not in (-1, 115):
            return Unknown("a text", module=False)
        if node.format_spec is None:
            return str(value)
        spec = self.eval(node.format_spec, scope)
        if not isinstance(spec, str) or len(spec) > 4:
            return Unknown("a text", module=False)
        return self.checked(lambda: format(value, spec))

    def _lambda(self, node: ast.Lambda, scope: Scope) -> Any:
        return self.function(node, scope)

    def _namedexpr(self, node: ast.NamedExpr, scope: Scope) -> Any:
        value = self.eval(node.value, scope)
        scope.names[node.target.id] = value
        return value

    def _listcomp(self, node: ast.ListComp, scope: Scope) -> Any:
        return [self.eval(node.elt, inner) for inner in self._rounds(node.generators, scope)]

    def _generatorexp(self, node: ast.GeneratorExp, scope: Scope) -> Any:
        return [self.eval(node.elt, inner) for inner in self._rounds(node.generators, scope)]

    def _setcomp(self, node: ast.SetComp, scope: Scope) -> Any:
        parts = [self.eval(node.elt, inner) for inner in self._rounds(node.generators, scope)]
        if not light(parts):
            raise Stuck("budget", line=self.line)
        return self.checked(lambda: set(parts))

    def _dictcomp(self, node: ast.DictComp, scope: Scope) -> Any:
        pairs = [(self.eval(node.key, inner), self.eval(node.value, inner)) for inner in self._rounds(node.generators, scope)]
        if not all(light(key) for key, _ in pairs):
            raise Stuck("budget", line=self.line)
        return self.checked(lambda: dict(pairs))

    def _rounds(self, generators: list[ast.comprehension], scope: Scope) -> Iterator[Scope]:
        if not generators:
            yield scope
            return
        first, *rest = generators
        for item in self.items(self.eval(first.iter, scope)):
            inner = Scope({}, scope)
            self.assign(first.target, item, inner)
            if all(self.truth(self.eval(test, inner)) for test in first.ifs):
                yield from self._rounds(rest, inner)

    def function(self, node: ast.FunctionDef | ast.Lambda, scope: Scope, kind: str = "plain", owner: UserClass | None = None) -> Function:
        """Make a function value, its defaults evaluated now."""
        defaults = [self.eval(default, scope) for default in node.args.defaults]
        pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        keyword = {arg.arg: self.eval(default, scope) for arg, default in pairs if default is not None}
        return Function(node, scope, defaults, keyword, kind, owner)

    # ------------------------------------------------------------------------------------------------------------------- statements

    def run(self, body: list[ast.stmt], scope: Scope) -> None:
        """Run statements."""
        for node in body:
            self.step(node)
            handler = getattr(self, "_do_" + type(node).__name__.lower(), None)
            if handler is None:
                raise Stuck("unsupported", what=type(node).__name__, line=self.line)
            handler(node, scope)

    def assign(self, target: ast.expr, value: Any, scope: Scope) -> None:
        """Bind a target."""
        match target:
            case ast.Name():
                scope.declared.get(target.id, scope).names[target.id] = value
            case ast.Attribute():
                self.set_attribute(self.eval(target.value, scope), target.attr, value)
            case ast.Tuple() | ast.List():
                self._unpack(target.elts, value, scope)
            case ast.Subscript():
                self._store(self.eval(target.value, scope), target.slice, value, scope)
            case _:
                raise Stuck("unsupported", what=type(target).__name__, line=self.line)

    def _unpack(self, targets: list[ast.expr], value: Any, scope: Scope) -> None:
        if isinstance(value, Unknown):
            parts: list[Any] = [Unknown(value.reason, value.module) for _ in targets]
        else:
            parts = self.items(value)
        stars = [place for place, target in enumerate(targets) if isinstance(target, ast.Starred)]
        if stars:
            place, after = stars[0], len(targets) - stars[0] - 1
            parts = [*parts[:place], parts[place : len(parts) - after], *parts[len(parts) - after :]]
        if len(parts) != len(targets):
            raise Stuck("raises", detail="ValueError: values to unpack", line=self.line)
        for target, part in zip(targets, parts, strict=True):
            self.assign(target.value if isinstance(target, ast.Starred) else target, part, scope)

    def set_attribute(self, held: Any, name: str, value: Any) -> None:
        """Set an attribute of a module or object; the attributes of tensors change no key."""
        match held:
            case Module():
                if isinstance(value, Unknown) and value.module:
                    raise Stuck("unknown", what=f"{name} = {value.reason}", line=self.line)
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

    def _do_assign(self, node: ast.Assign, scope: Scope) -> None:
        value = self.eval(node.value, scope)
        for target in node.targets:
            self.assign(target, value, scope)

    def _do_annassign(self, node: ast.AnnAssign, scope: Scope) -> None:
        if node.value is not None:
            self.assign(node.target, self.eval(node.value, scope), scope)

    def _do_augassign(self, node: ast.AugAssign, scope: Scope) -> None:
        old = self.eval(node.target, scope)
        value = self.eval(node.value, scope)
        if isinstance(old, list) and isinstance(node.op, ast.Add):
            self._plain_method(old, "extend", [self.items(value)], {})
        elif isinstance(old, Module) and old.kind in {"ModuleList", "Sequential"} and isinstance(node.op, ast.Add):
            self.call(self.attribute(old, "extend"), [value], {})
        else:
            self.assign(node.target, self.binary(node.op, old, value), scope)

    def _do_expr(self, node: ast.Expr, scope: Scope) -> None:
        value = self.eval(node.value, scope)
        touched = isinstance(value, Unknown) and value.module and isinstance(node.value, ast.Call)
        if touched and any(isinstance(self.eval(arg, scope), Module) for arg in node.value.args if isinstance(arg, ast.Name | ast.Attribute)):  # type: ignore[attr-defined]
            raise Stuck("unknown", what=value.reason, line=self.line)  # it got a module, and may have changed it

    def _do_return(self, node: ast.Return, scope: Scope) -> None:
        raise Returned(None if node.value is None else self.eval(node.value, scope))

    def _do_if(self, node: ast.If, scope: Scope) -> None:
        self.run(node.body if self.truth(self.eval(node.test, scope)) else node.orelse, scope)

    def _do_for(self, node: ast.For, scope: Scope) -> None:
        for item in self.items(self.eval(node.iter, scope)):
            self.assign(node.target, item, scope)
            try:
                self.run(node.body, scope)
            except LoopEnded as ended:
                if not ended.again:
                    return
        self.run(node.orelse, scope)

    def _do_while(self, node: ast.While, scope: Scope) -> None:
        while self.truth(self.eval(node.test, scope)):
            try:
                self.run(node.body, scope)
            except LoopEnded as ended:
                if not ended.again:
                    return
        self.run(node.orelse, scope)

    def _do_break(self, _node: ast.Break, _scope: Scope) -> None:
        raise LoopEnded(again=False)

    def _do_continue(self, _node: ast.Continue, _scope: Scope) -> None:
        raise LoopEnded(again=True)

    def _do_with(self, node: ast.With, scope: Scope) -> None:
        for item in node.items:
            value = self.eval(item.context_expr, scope)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, Unknown("with", module=False) if not isinstance(value, Unknown) else value, scope)
        self.run(node.body, scope)

    def _do_try(self, node: ast.Try, scope: Scope) -> None:
        imports = all(isinstance(part, ast.Import | ast.ImportFrom | ast.Assign) for part in node.body)
        try:
            self.run([*node.body, *node.orelse], scope)
        except Stuck as stuck:
            if stuck.code == "raises" and not imports:
                raise Stuck("unsupported", what="try", line=self.line) from None
            raise
        self.run(node.finalbody, scope)

    def _do_raise(self, node: ast.Raise, _scope: Scope) -> None:
        raise Stuck("raises", detail=ast.unparse(node.exc)[:200] if node.exc else "raise", line=self.line)

    def _do_assert(self, node: ast.Assert, scope: Scope) -> None:
        try:
            holds = self.truth(self.eval(node.test, scope))
        except Stuck as stuck:
            if stuck.code != "unknown":
                raise
            return  # an assertion builds nothing; whether it holds, only running it tells
        if not holds:
            raise Stuck("raises", detail=f"AssertionError: {ast.unparse(node.test)[:150]}", line=self.line)

    def _do_pass(self, _node: ast.Pass, _scope: Scope) -> None:
        pass

    def _do_global(self, node: ast.Global, scope: Scope) -> None:
        outer = scope
        while outer.outer is not None:
            outer = outer.outer
        scope.declared |= dict.fromkeys(node.names, outer)

    def _do_nonlocal(self, node: ast.Nonlocal, scope: Scope) -> None:
        for name in node.names:
            held = scope.outer.find(name) if scope.outer else None
            if held is not None:
                scope.declared[name] = held

    def _do_delete(self, node: ast.Delete, scope: Scope) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                scope.names.pop(target.id, None)
            elif isinstance(target, ast.Attribute) and isinstance(module := self.eval(target.value, scope), Module):
                module.delete(target.attr)
            elif isinstance(target, ast.Subscript) and isinstance(held := self.eval(target.value, scope), list | dict):
                place = self.eval(target.slice, scope)
                self.checked(lambda held=held, place=place: held.__delitem__(place))
            else:
                raise Stuck("unsupported", what="del", line=self.line)

    def _do_import(self, node: ast.Import, scope: Scope) -> None:
        for name in node.names:
            module = name.name if name.asname else name.name.partition(".")[0]
            scope.names[name.asname or module] = self.resolve(module, 0, self._importing(scope))

    def _do_importfrom(self, node: ast.ImportFrom, scope: Scope) -> None:
        space = self.resolve(node.module or "", node.level, self._importing(scope))
        for name in node.names:
            if name.name == "*":
                raise Stuck("unsupported", what="import *", line=self.line)
            scope.names[name.asname or name.name] = self.attribute(space, name.name)

    def _importing(self, scope: Scope) -> str:
        held = scope.find("__name__")
        return str(held.names["__name__"]) if held else ""

    def _do_functiondef(self, node: ast.FunctionDef, scope: Scope) -> None:
        scope.names[node.name] = self._defined(node, scope, None)

    def _defined(self, node: ast.FunctionDef, scope: Scope, owner: UserClass | None) -> Any:
        kind = "plain"
        for decorator in node.decorator_list:
            word = ast.unparse(decorator)
            last = word.partition("(")[0].rsplit(".", 1)[-1]
            if last in {"staticmethod", "classmethod", "property", "cached_property"}:
                kind = {"staticmethod": "static", "classmethod": "class"}.get(last, "property")
            elif last not in _HARMLESS and not word.startswith("torch.jit"):
                return Unknown(f"@{word[:60]}")
        return self.function(node, scope, kind, owner)

    def _do_classdef(self, node: ast.ClassDef, scope: Scope) -> None:
        bases = [self.eval(base, scope) for base in node.bases]
        plain = [base for base in bases if isinstance(base, UserClass | Layer | Unknown)]
        cls = UserClass(node.name, plain, {}, self._importing(scope))
        decorators = {ast.unparse(part).partition("(")[0].rsplit(".", 1)[-1] for part in node.decorator_list}
        if node.keywords or decorators - _HARMLESS - {"dataclass"}:
            scope.names[node.name] = Unknown(f"class {node.name}")
            return
        inner = Scope(cls.names, scope)
        fields: list[tuple[str, Any]] = []
        for part in node.body:
            self.step(part)
            if isinstance(part, ast.FunctionDef):
                cls.names[part.name] = self._defined(part, scope, cls)
            elif isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
                fields.append((part.target.id, self._default(part, inner)))
                if part.value is not None:
                    self.run([part], inner)
            elif not isinstance(part, ast.AsyncFunctionDef):
                self.run([part], inner)
        if "dataclass" in decorators:
            cls.fields = fields
        scope.names[node.name] = cls

    def _default(self, part: ast.AnnAssign, scope: Scope) -> Callable[[], Any] | None:
        """Maker of a dataclass field's default."""
        value = part.value
        if value is None:
            return None
        if isinstance(value, ast.Call) and ast.unparse(value.func).endswith("field"):
            words = {word.arg: word.value for word in value.keywords}
            if "default_factory" in words:
                return lambda: self.call(self.eval(words["default_factory"], scope), [], {})
            if "default" in words:
                return lambda: self.eval(words["default"], scope)
            return None
        return lambda: self.eval(value, scope)


_HARMLESS = frozenset({"no_grad", "final", "override", "abstractmethod", "lru_cache", "cache", "total_ordering", "runtime_checkable", "jit_ignore"})
