"""Classes that are found by name: registries that decorators fill, tables of classes, names in strings.

`@BACKBONES.register_module()` puts a class where `BACKBONES.build(...)` finds it: who looks there may be made of it, though neither names the other.
"""

import ast
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property

_Definition = ast.ClassDef | ast.FunctionDef


class Registries:
    """What leads to which class or function of a project, without a call that could be read."""

    def __init__(self, parsed: Mapping[str, ast.Module], found: Collection[str]) -> None:
        """Look through the top level of all files; `found` are the names of classes and functions that may be meant."""
        self._found = frozenset(found)
        self._functions = {node.name: node for tree in parsed.values() for node in tree.body if isinstance(node, ast.FunctionDef)}
        self._assigned = {name for tree in parsed.values() for node in tree.body for name in _assigned(node)}
        self._imported = {name for tree in parsed.values() for node in tree.body for name in _imported(node)}
        self._same: dict[str, str] = {}
        self._held: dict[str, set[str]] = {}
        self.aliases: dict[str, str] = {name: name for name in sorted(self._found)}
        for tree in parsed.values():
            for node in tree.body:
                self._look(node)

    def uses(self, nodes: Mapping[str, _Definition]) -> dict[str, set[str]]:
        """Who is made of what: of two that find each other in one place, neither is a part of the other."""
        reached = {name: self._reached(node) - {name} for name, node in nodes.items()}
        named = {name: _strings(node) & self._found - {name} for name, node in nodes.items()}
        return {name: named[name] | {other for other in others if name not in reached.get(other, ())} for name, others in reached.items()}

    def _look(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name(id=other)) if other in self._assigned | self._imported:
                self._same[name] = other
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict() | ast.List() | ast.Tuple() | ast.Set() as table):
                self._hold(name, _names(table))
                self._call_by_key(table)
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=key)], value=value):
                self._hold(name, _names(value))
                self._call(key, value)
            case ast.Expr(value=ast.Call() as call) if (name := _root(call)) in self._assigned | self._imported:
                self._hold(name, {part.id for part in ast.walk(call) if isinstance(part, ast.Name)} - {name})
            case ast.ClassDef() | ast.FunctionDef() if node.name in self._found:
                for decorator in node.decorator_list:
                    self._decorated(node.name, decorator)

    def _decorated(self, name: str, decorator: ast.expr) -> None:
        root = _root(decorator)
        if root in self._functions:
            places = _names(self._functions[root]) & self._assigned
        elif root in self._assigned or (root in self._imported and "regist" in ast.unparse(decorator).lower()):
            places = {root}
        else:
            return
        for place in places:
            self._hold(place, {name})
        if isinstance(decorator, ast.Call):
            for value in (*decorator.args, *(word.value for word in decorator.keywords if word.arg in {None, "name", "key"})):
                self._call(value, ast.Name(name))

    def _call_by_key(self, table: ast.expr) -> None:
        if isinstance(table, ast.Dict):
            for key, value in zip(table.keys, table.values, strict=True):
                if key is not None:
                    self._call(key, value)

    def _call(self, key: ast.expr, value: ast.expr) -> None:
        """Note the word that a class is known by, the first that claims it."""
        if isinstance(key, ast.Constant) and isinstance(key.value, str) and isinstance(value, ast.Name) and value.id in self._found:
            self.aliases.setdefault(key.value, value.id)

    def _hold(self, place: str, names: Collection[str]) -> None:
        if known := self._found.intersection(names):
            self._held.setdefault(place, set()).update(known)

    def _reached(self, node: _Definition) -> set[str]:
        """What a class or function may find where it looks, itself or by way of the project's functions."""
        names = {name for part in node.body for name in _names(part)}
        found = {other for name in names for other in self._at(name)}
        for function in names & self._functions.keys() - self._found:
            found |= self._by_function[function]
        return found

    def _at(self, name: str) -> set[str]:
        """What is held under a name, and under others of the same place."""
        return self._held_by_place.get(self._same.get(name, name), set())

    @cached_property
    def _held_by_place(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for name, held in self._held.items():
            found.setdefault(self._same.get(name, name), set()).update(held)
        return found

    @cached_property
    def _by_function(self) -> dict[str, set[str]]:
        """What each of the project's functions finds, itself or by way of others."""
        names = {function: {name for part in node.body for name in _names(part)} for function, node in self._functions.items()}
        found = {function: {other for name in known for other in self._at(name)} for function, known in names.items()}
        callers: dict[str, list[str]] = {}
        for function, known in names.items():
            for called in known & self._functions.keys() - self._found:
                callers.setdefault(called, []).append(function)
        pending = [function for function, others in found.items() if others]
        while pending:
            called = pending.pop()
            for caller in callers.get(called, ()):
                if not found[called] <= found[caller]:
                    found[caller] |= found[called]
                    pending.append(caller)
        return found


def _assigned(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.Assign):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id


def _imported(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom):
        yield from (name.asname or name.name for name in node.names)


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}


def _root(node: ast.expr) -> str:
    """The name that `A.b(c)(d)` begins with; empty where it begins with none."""
    while isinstance(node, ast.Call | ast.Attribute):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _strings(node: _Definition) -> set[str]:
    """Words in strings of their own: `build("Head")`, `dict(type="Head")`."""
    return {part.value for each in node.body for part in ast.walk(each) if isinstance(part, ast.Constant) and isinstance(part.value, str)}
