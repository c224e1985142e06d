"""Calls: functions and classes of the definition, `super()`, dataclasses."""

import ast
from typing import Any

from app.definitions.static.attributes import Attributes
from app.definitions.static.machine import MAX_DEPTH
from app.definitions.static.values import Bound, Function, Instance, Layer, Module, Native, Scope, Space, Stuck, Tensor, Unknown, UserClass


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


class Calls(Attributes):
    """Calls values and binds arguments as Python does."""

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
                if function.module and any(isinstance(arg, Module) for arg in [*args, *kwargs.values()]):
                    raise Stuck("unknown", what=function.reason, line=self.line)  # it got a module, and may change it
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
        made: Any = Module(cls, layer, begun=cls.fields is not None) if layer is not None else Instance(cls)
        if self.root is None and isinstance(made, Module):
            self.root = made
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
            if self._yields(function.node):
                return Unknown("yield", module=False)
            self.run(function.node.body, scope)
        except Returned as returned:
            return returned.value
        finally:
            self._depth -= 1
        return None

    def _yields(self, node: ast.FunctionDef) -> bool:
        """Whether a function is a generator; told once for each."""
        if node not in self._generators:
            self._generators[node] = any(isinstance(part, ast.Yield | ast.YieldFrom) for part in ast.walk(node))
        return self._generators[node]

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
            raise Stuck("raises", detail=f"TypeError: {min(missing)} is missing", line=self.line)
        return names

    def function(self, node: ast.FunctionDef | ast.Lambda, scope: Scope, kind: str = "plain", owner: UserClass | None = None) -> Function:
        """Make a function value, its defaults evaluated now."""
        defaults = [self.eval(default, scope) for default in node.args.defaults]
        pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        keyword = {arg.arg: self.eval(default, scope) for arg, default in pairs if default is not None}
        return Function(node, scope, defaults, keyword, kind, owner)
