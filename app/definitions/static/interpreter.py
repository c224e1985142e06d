"""Interprets the Python of a model's constructor: no code runs, every step is counted, whatever is not known stops it or stays unknown."""

import ast
from collections.abc import Callable
from functools import partial
from typing import Any

from app.definitions.static.calls import LoopEnded, Returned
from app.definitions.static.expressions import Expressions
from app.definitions.static.values import Layer, Module, Scope, Stuck, Unknown, UserClass

_HARMLESS = frozenset(
    {"no_grad", "final", "override", "abstractmethod", "lru_cache", "cache", "total_ordering", "runtime_checkable", "jit_ignore"}
)

_IMPORTS = (ast.Import, ast.ImportFrom)


def bound_names(node: ast.stmt) -> set[str]:
    """Names that a statement might bind."""
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    names |= {part.name for part in ast.walk(node) if isinstance(part, ast.FunctionDef | ast.ClassDef)}
    imports = [part for part in ast.walk(node) if isinstance(part, _IMPORTS)]
    return names | {alias.asname or alias.name.partition(".")[0] for part in imports for alias in part.names}


class Interpreter(Expressions):
    """Runs statements. What torch provides comes from `app.definitions.static.torchlike`."""

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
        self.eval(node.value, scope)

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
        """Run the body. Where it imports what we do not know, whether it is there decides: its names are unknown then."""
        try:
            self.run([*node.body, *node.orelse], scope)
        except Stuck as stuck:
            if stuck.code == "raises":
                raise Stuck("unsupported", what="try", line=self.line) from None
            raise
        bound = [alias.asname or alias.name.partition(".")[0] for part in node.body if isinstance(part, _IMPORTS) for alias in part.names]
        if any(isinstance(scope.names.get(name), Unknown) and scope.names[name].module for name in bound):
            scope.names |= {name: Unknown(name) for name in bound_names(node)}
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
                self.checked(partial(held.__delitem__, place))
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
