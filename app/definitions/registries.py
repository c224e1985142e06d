"""Classes that are found by name: registries that decorators fill, tables of classes, names in strings.

`@BACKBONES.register_module()` puts a class where `BACKBONES.build(...)` finds it: who looks there may be made of it, though neither names the other.
"""

import ast
from collections.abc import Collection, Iterator, Mapping

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
        seen: set[str] = set()
        found: set[str] = set()
        pending: list[ast.AST] = list(node.body)
        while pending:
            names = _names(pending.pop())
            for name in names:
                place = self._same.get(name, name)
                found |= self._held.get(place, set())
                found |= {other for alias, of in self._same.items() if of == place for other in self._held.get(alias, ())}
            called = names & self._functions.keys() - seen - self._found
            seen |= called
            pending += [part for function in called for part in self._functions[function].body]
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
