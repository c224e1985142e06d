"""Conversion lists of transformers 5: `WeightRenaming` and `WeightConverter`, read from their text.

Source of what they mean: transformers, `core_model_loading.py`. A pattern is searched anywhere in a key, ``*`` stands for the number of a module in a
list; renamings come first, each replacing the first text that it finds; then the first converter that finds a key collects it under its target.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from app.keys import KeyTree
from app.mapping.errors import PlanError
from app.mapping.importing.imported import Imported, Skipped, carried, parsed, texts_of
from app.mapping.induction.inducing import induce_expressions
from app.mapping.outcomes import Reason
from app.mapping.patterns import escape
from app.mapping.plan import Arg, Call, Expr, Ref, Rename
from app.mapping.regexes import Regex, compile_regex

_OPS = frozenset({"Concatenate", "Chunk", "MergeModulelist", "SplitModulelist", "Transpose"})


class _Converter(msgspec.Struct, frozen=True):
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    operations: tuple[tuple[str, dict[str, int]], ...]
    entry: str


def import_transformers(text: str, sources: Mapping[str, KeyTree], target: KeyTree) -> Imported:
    """Read a conversion list; converters are carried out on the trees' keys, and folded into rules again.

    Renamings alone become renames, without looking at the trees.
    """
    module = parsed(text.strip())
    renames: list[Rename] = []
    converters: list[_Converter] = []
    skipped: list[Skipped] = []
    for node in ast.walk(module):
        name = _name(node)
        if isinstance(node, ast.Call) and name in {"WeightRenaming", "WeightConverter"}:
            try:
                read = _read(node, name)
            except PlanError as error:
                skipped.append(Skipped(ast.unparse(node)[:200], Reason(error.code, dict(error.params))))
                continue
            if isinstance(read, Rename):
                renames.append(read)
            else:
                converters.append(read)
    if not renames and not converters and not skipped:
        raise PlanError("import_nothing", wanted="WeightRenaming, WeightConverter")
    if not converters:
        return Imported(tuple(renames), tuple(skipped))
    expressions = _Carried(renames, converters, sources, target).expressions()
    return Imported(carried(induce_expressions(expressions, sources, target)), tuple(skipped))


def _name(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""


def _arguments(node: ast.Call, names: Sequence[str]) -> dict[str, ast.expr]:
    return dict(zip(names, node.args, strict=False)) | {word.arg: word.value for word in node.keywords if word.arg}


def _read(node: ast.Call, name: str) -> Rename | _Converter:
    given = _arguments(node, ("source_patterns", "target_patterns", "operations"))
    found = texts_of(given.get("source_patterns") or given.get("source_keys"))
    wanted = texts_of(given.get("target_patterns") or given.get("target_keys"))
    if found is None or wanted is None:
        raise PlanError("import_entry", entry=ast.unparse(node)[:200])
    if name == "WeightRenaming":
        if len(found) != 1 or len(wanted) != 1:
            raise PlanError("import_entry", entry=ast.unparse(node)[:200])
        find = found[0]
        compile_regex(find, wanted[0])
        return Rename("regex", find, wanted[0])
    for pattern in found:
        compile_regex(_searched(pattern))
    return _Converter(tuple(found), tuple(wanted), tuple(_operations(given.get("operations"), node)), ast.unparse(node)[:200])


def _operations(given: ast.expr | None, node: ast.Call) -> Iterator[tuple[str, dict[str, int]]]:
    listed = given.elts if isinstance(given, ast.List | ast.Tuple) else []
    for operation in listed:
        name = _name(operation)
        if name not in _OPS or not isinstance(operation, ast.Call):
            raise PlanError("import_operation", operation=name or ast.unparse(operation)[:80])
        names = ("dim0", "dim1") if name == "Transpose" else ("dim",)
        values = {}
        for word, value in _arguments(operation, names).items():
            try:
                number = ast.literal_eval(value)
            except ValueError as error:
                raise PlanError("import_entry", entry=ast.unparse(node)[:200]) from error
            if isinstance(number, int):
                values[word] = number
        yield name, values


def _searched(pattern: str) -> str:
    """Write a pattern of a converter as a regular expression: `*` is the number of a module in a list."""
    return pattern.replace(".*.", r"\.(\d+)\.")


class _Carried:
    """A conversion list carried out on keys."""

    def __init__(
        self, renames: Sequence[Rename], converters: Sequence[_Converter], sources: Mapping[str, KeyTree], target: KeyTree
    ) -> None:
        self.renames = [compile_regex(rule.find, rule.to) for rule in renames]
        self.converters = converters
        self.searches: list[list[Regex]] = [
            [compile_regex(_searched(pattern)) for pattern in converter.sources] for converter in converters
        ]
        self.sources = sources
        self.target = target

    def expressions(self) -> dict[str, Expr]:
        """Return the expression of each target key that the list reaches."""
        out: dict[str, Expr] = {}
        collected: dict[tuple[int, str], dict[int, list[tuple[str, Ref]]]] = {}
        for name, tree in self.sources.items():
            for key in tree.tensors:
                working = self._renamed(key)
                at = self._found(working)
                if at is None:
                    if working in self.target.tensors:
                        out.setdefault(working, Ref(escape(key), name))
                    continue
                number, which, spans = at
                around = working[: spans[0]] + "\0" + working[spans[1] :]
                collected.setdefault((number, around), {}).setdefault(which, []).append((working, Ref(escape(key), name)))
        for (number, around), parts in collected.items():
            out.update(self._converted(self.converters[number], around, parts))
        return out

    def _renamed(self, key: str) -> str:
        for compiled in self.renames:
            key = compiled.sub(key)
        return key

    def _found(self, key: str) -> tuple[int, int, tuple[int, int]] | None:
        for number, searches in enumerate(self.searches):
            for which, compiled in enumerate(searches):
                spans = compiled.search(key)
                if spans is not None:
                    return number, which, spans
        return None

    def _converted(self, converter: _Converter, around: str, parts: Mapping[int, list[tuple[str, Ref]]]) -> dict[str, Expr]:
        if len(parts) < len(converter.sources):
            return {}
        lists: list[list[Expr]] = [[ref for _, ref in sorted(parts[which], key=lambda part: _natural(part[0]))] for which in sorted(parts)]
        for name, args in converter.operations:
            lists = self._applied(name, dict(args), lists, converter, around)
        names = [around.replace("\0", target) for target in converter.targets]
        if len(names) == 1 and "*" in names[0] and len(lists) > 1:
            names = [names[0].replace("*", str(at)) for at in range(len(lists))]
        return {key: values[0] for key, values in zip(names, lists, strict=False) if key in self.target.tensors and len(values) == 1}

    def _applied(self, name: str, args: dict[str, Arg], lists: list[list[Expr]], converter: _Converter, around: str) -> list[list[Expr]]:
        dim = args.get("dim", 0)
        match name:
            case "MergeModulelist":
                return [[Call("stack", tuple(values), {"dim": dim})] for values in lists]
            case "Concatenate":
                return [[Call("concat", tuple(value for values in lists for value in values), {"dim": dim})]]
            case "Chunk":
                count = len(converter.targets)
                return [[Call("chunk", (lists[0][0],), {"chunks": count, "dim": dim}, at)] for at in range(count)]
            case "SplitModulelist":
                count = self._rows(converter, around)
                return [[Call("select", (lists[0][0],), {"dim": dim, "index": at})] for at in range(count)]
            case _:
                turned = {"dim0": args.get("dim0", 0), "dim1": args.get("dim1", 1)}
                return [[Call("transpose", (value,), turned) for value in values] for values in lists]

    def _rows(self, converter: _Converter, around: str) -> int:
        """Count the target keys that a split list gives."""
        pattern = re.escape(around.replace("\0", converter.targets[0])).replace(r"\*", r"\d+")
        return sum(re.fullmatch(pattern, key) is not None for key in self.target.tensors)


def _natural(key: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"([0-9]+)", key)]
