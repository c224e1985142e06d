"""Expressions."""

import ast
import operator
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from app.definitions.static import tensors
from app.definitions.static.calls import Calls
from app.definitions.static.machine import MAX_BITS, MAX_SIZE, light
from app.definitions.static.values import Dtype, Layer, Module, Native, Scope, Space, Stuck, Tensor, Unknown, UserClass

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


class Expressions(Calls):
    """Evaluates expressions; each kind of node has a method of its name."""

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
            if type(left) is not int or type(right) is not int or not 0 <= right < MAX_BITS:
                return Unknown("a shift", module=False)
            shift = operator.lshift if isinstance(op, ast.LShift) else operator.rshift
            return self.checked(lambda: shift(left, right))
        if isinstance(op, ast.Mod) and isinstance(left, str | bytes):
            return self._percent(left, right)
        if isinstance(op, ast.Mult):
            self._bounded(left, right)
        if isinstance(op, ast.Pow) and (not isinstance(right, int | float) or abs(right) > MAX_BITS):
            return Unknown("**", module=False)
        function = _BINARY.get(type(op))
        if function is None:
            return Unknown("an operator", module=False)
        return self.checked(lambda: function(left, right))

    def _percent(self, left: Any, right: Any) -> Any:
        if "%" in str(left).replace("%s", "").replace("%d", "").replace("%i", ""):
            return Unknown("%", module=False)
        parts = right if isinstance(right, tuple) else (right,)
        return (
            self.checked(lambda: left % right) if all(isinstance(part, str | int | float) for part in parts) else Unknown("%", module=False)
        )

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
            return (
                -value
                if isinstance(node.op, ast.USub)
                else ~value
                if isinstance(node.op, ast.Invert) and isinstance(value, int)
                else +value
            )
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
        sides = [
            side.data[0] if isinstance(side, Tensor) and side.data is not None and side.shape == () else side for side in (left, right)
        ]
        if any(isinstance(side, Unknown) for side in sides):
            return Unknown("a comparison", module=False)
        if any(isinstance(side, Tensor) for side in sides):
            return tensors.binary(*sides, comparing=True) if not identity else sides[0] is sides[1]
        if isinstance(op, ast.Eq | ast.NotEq) and all(isinstance(side, Dtype | Layer) for side in sides):
            same = type(sides[0]) is type(sides[1]) and sides[0].name == sides[1].name
            return same == isinstance(op, ast.Eq)
        if (
            isinstance(right, list | tuple | dict | set)
            and isinstance(op, ast.In | ast.NotIn)
            and any(isinstance(part, Unknown) for part in right)
        ):
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
        if all(isinstance(side, Module) and len(side.children) < 100 and side.bare() for side in sides):
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
                self.checked(partial(out.update, value))
            else:
                name = self.eval(key, scope)
                if not light(name):
                    raise Stuck("budget", line=self.line)
                self.checked(partial(out.__setitem__, name, value))
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
