"""Python source scanned with `ast`: classes, constructor forms, factories, imports. Nothing runs."""

import ast
import importlib.util
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

import msgspec

from app.definitions.configs import Config, configs
from app.definitions.definition import CONFIGS
from app.definitions.registries import Registries
from app.definitions.scans import Candidate, Import, Parameter, Problem, Scan

_MODULE_BASES = frozenset({"Module", "LightningModule", "PreTrainedModel", "ModelMixin", "BaseModule", "PyTorchModelHubMixin"})
_NN_PREFIXES = ("nn.", "torch.nn.", "L.", "pl.", "lightning.", "pytorch_lightning.")
_PLAIN_BASES = frozenset(
    {"object", "ABC", "Enum", "IntEnum", "Dataset", "NamedTuple", "TypedDict", "Protocol", "Generic", "Exception", "Function", "Optimizer"}
)
_HINTS = ("model", "net", "network", "main")
_OWN_NAMES = frozenset({"app"})  # ours: never on the path of foreign code


def scan(source: str | Mapping[str, str], *, available: Collection[str] | None = None) -> Scan:
    """Scan one source, or the files of a project by path relative to its root: Python, and JSON and YAML that may say how a model is made.

    available -- top-level packages of the environment that would run it; None: what this interpreter finds
    """
    given = {"": source} if isinstance(source, str) else source
    files = {file: text for file, text in given.items() if not file.lower().endswith(CONFIGS)}
    texts = {file: text for file, text in given.items() if file not in files}
    parsed: dict[str, ast.Module] = {}
    problems = []
    for file, text in files.items():
        try:
            parsed[file] = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            problems.append(Problem(getattr(error, "msg", None) or type(error).__name__, getattr(error, "lineno", None) or 1, file))
    imports = tuple(found for file, tree in parsed.items() for found in _imports(tree, file))
    local = {part for file in files for part in (PurePosixPath(file).parts[0].removesuffix(".py") if file else "",) if part}
    local |= {PurePosixPath(file).stem for file in files if file}
    missing = tuple({found.package: found for found in reversed(imports) if _is_missing(found, local, available)}.values())
    return Scan(tuple(_ranked(_candidates(parsed), parsed, texts)), imports, missing[::-1], tuple(problems))


_LAYERS = ("nn.", "torch.nn.", "torch.hub.", "torchvision.models.", "models.", "timm.create_model")


def module_name(file: str) -> str:
    """Dotted module of a file in a project; empty for a single source."""
    if not file:
        return ""
    parts = PurePosixPath(file).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(tree: ast.Module, file: str) -> Iterator[Import]:
    """Imports that always run: those in functions, in `try` and under TYPE_CHECKING are none."""
    pending: list[ast.stmt] = list(tree.body)
    while pending:
        node = pending.pop(0)
        if isinstance(node, ast.Import):
            for name in node.names:
                yield Import(name.name, node.lineno, file)
        elif isinstance(node, ast.ImportFrom):
            yield Import(node.module or "", node.lineno, file, node.level)
        elif isinstance(node, ast.ClassDef | ast.With):
            pending += node.body


def _is_missing(found: Import, local: Collection[str], available: Collection[str] | None) -> bool:
    package = found.package
    if found.level or package in local or package in sys.stdlib_module_names:
        return False
    if available is not None:
        return package not in available
    if package in _OWN_NAMES:
        return True
    try:
        return importlib.util.find_spec(package) is None
    except (ImportError, ValueError):
        return True


def _candidates(parsed: Mapping[str, ast.Module]) -> dict[str, Candidate]:
    classes = {node.name: (file, node) for file, tree in parsed.items() for node in tree.body if isinstance(node, ast.ClassDef)}
    nodes = {name: node for name, (_, node) in classes.items()}
    found = {}
    for name, (file, node) in classes.items():
        sure = _is_module(node, nodes)
        if sure is None:
            continue
        init = _constructor(node, nodes)
        parameters = _parameters(init.args, skip=1) if init else ()
        bases = tuple(ast.unparse(base) for base in node.bases)
        found[name] = Candidate(name, "class", node.lineno, module_name(file), bases, parameters, _summary(node), sure=sure)
    for file, tree in parsed.items():
        for function in tree.body:
            if isinstance(function, ast.FunctionDef) and function.name not in found and _is_factory(function, found, classes):
                parameters = _parameters(function.args)
                found[function.name] = Candidate(
                    function.name, "factory", function.lineno, module_name(file), (), parameters, _summary(function)
                )
    return found or _made_of_layers(parsed)


def _is_factory(function: ast.FunctionDef, found: Mapping[str, Candidate], classes: Mapping[str, tuple[str, ast.ClassDef]]) -> bool:
    """Whether a function returns a model: of the file, of its own, or layers of torch around one of the file."""
    if _makes(function, {*found, *_inner(function, classes)}):
        return True
    return not function.name.startswith("_") and not found.keys().isdisjoint(_named(function)) and any(map(_is_layer, _returned(function)))


def _inner(function: ast.FunctionDef, classes: Mapping[str, tuple[str, ast.ClassDef]]) -> set[str]:
    """Names of the models whose classes stand inside a function."""
    known = {name: node for name, (_, node) in classes.items()}
    known |= {node.name: node for node in ast.walk(function) if isinstance(node, ast.ClassDef)}
    return {name for name, node in known.items() if name not in classes and _is_module(node, known)}


def _made_of_layers(parsed: Mapping[str, ast.Module]) -> dict[str, Candidate]:
    """Where no class is: functions that return layers of torch.nn, and models that stand at top level, `net = nn.Sequential(...)`."""
    found = {}
    for file, tree in parsed.items():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and any(map(_is_layer, _returned(node))):
                parameters = _parameters(node.args)
                found[node.name] = Candidate(node.name, "factory", node.lineno, module_name(file), (), parameters, _summary(node))
            elif isinstance(node, ast.Assign) and _is_layer(node.value) and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
                found[name] = Candidate(name, "factory", node.lineno, module_name(file))
    return found


def _is_layer(node: ast.expr) -> bool:
    """Whether a module of torch is made here."""
    return isinstance(node, ast.Call) and ast.unparse(node.func).startswith(_LAYERS)


def _returned(function: ast.FunctionDef) -> list[ast.expr]:
    """What a function returns, names followed to what they were given."""
    given = {
        target.id: node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    values = [node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value is not None]
    return [given.get(value.id, value) if isinstance(value, ast.Name) else value for value in values]


def _summary(node: ast.ClassDef | ast.FunctionDef) -> str:
    return (ast.get_docstring(node) or "").strip().split("\n", 1)[0][:200]


def _is_module(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef], depth: int = 0) -> bool | None:
    """True: its bases reach torch.nn; False: perhaps; None: no."""
    verdict: bool | None = None
    for base in node.bases:
        written = ast.unparse(base)
        last = written.partition("[")[0].rsplit(".", 1)[-1]
        if written in classes and written != node.name and depth < 20:
            inner = _is_module(classes[written], classes, depth + 1)
            verdict = inner if verdict is None else verdict or bool(inner)
        elif written.startswith(_NN_PREFIXES) or last in _MODULE_BASES:
            return True
        elif last not in _PLAIN_BASES and verdict is None:
            verdict = False
    methods = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
    return False if verdict is False and ("forward" in methods or "__init__" in methods) else verdict or None


def _constructor(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef], depth: int = 0) -> ast.FunctionDef | None:
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            return item
    for base in node.bases:
        above = classes.get(ast.unparse(base))
        if above is not None and above is not node and depth < 20:
            return _constructor(above, classes, depth + 1)
    return None


def _parameters(args: ast.arguments, skip: int = 0) -> tuple[Parameter, ...]:
    plain = [*args.posonlyargs, *args.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(args.defaults)) + list(args.defaults)
    found = []
    for index, (arg, default) in enumerate(zip(plain, defaults, strict=True)):
        if index >= skip:
            found.append(_parameter(arg, "positional" if index < len(args.posonlyargs) else "plain", default))
    if args.vararg:
        found.append(_parameter(args.vararg, "args", None))
    found += [_parameter(arg, "keyword", default) for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True)]
    if args.kwarg:
        found.append(_parameter(args.kwarg, "kwargs", None))
    return tuple(found)


def _parameter(arg: ast.arg, kind: str, default: ast.expr | None) -> Parameter:
    annotation = ast.unparse(arg.annotation) if arg.annotation else ""
    return Parameter(arg.arg, kind, annotation, None if default is None else ast.unparse(default))  # type: ignore[arg-type]


def _makes(function: ast.FunctionDef, classes: Collection[str]) -> bool:
    """Whether a function returns a candidate: by annotation, or by a call that it returns or keeps."""
    if function.name.startswith("_"):
        return False
    if function.returns is not None and ast.unparse(function.returns).strip("'\"").rsplit(".", 1)[-1] in {*classes, "Module"}:
        return True
    made = {
        target.id
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and _calls(node.value, classes)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    returned = [node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value is not None]
    return any(_calls(value, classes) or (isinstance(value, ast.Name) and value.id in made) for value in returned)


def _calls(node: ast.expr, classes: Collection[str]) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).rsplit(".", 1)[-1] in classes


def _ranked(found: Mapping[str, Candidate], parsed: Mapping[str, ast.Module], texts: Mapping[str, str]) -> list[Candidate]:
    uses = {name: set[str]() for name in found}
    nodes = {
        node.name: node
        for tree in parsed.values()
        for node in tree.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name in found
    }
    registries = Registries(parsed, found)
    for name, others in registries.uses(nodes).items():
        uses[name] |= others
    given: dict[str, list[Config]] = {}
    for config in configs(parsed, texts, registries.aliases):
        uses[config.name] |= config.parts
        if _fits(found[config.name], config):
            given.setdefault(config.name, []).append(config)
    functions = {node.name: node for tree in parsed.values() for node in tree.body if isinstance(node, ast.FunctionDef)}
    for tree in parsed.values():
        for node in tree.body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name in uses:
                named = _named(node) | (_through(node, functions) if isinstance(node, ast.ClassDef) else set())
                uses[node.name] |= named & found.keys() - {node.name}
    used = {name for user, names in uses.items() for name in names if found[user].kind == "class"}
    reach = {name: _reach(name, uses) for name in found}
    candidates = [
        msgspec.structs.replace(candidate, root=name not in used, uses=tuple(sorted(uses[name])), **_told(given.get(name, [])))
        for name, candidate in found.items()
    ]
    return sorted(candidates, key=lambda candidate: _rank(candidate, len(reach[candidate.name])))


def _fits(candidate: Candidate, config: Config) -> bool:
    """Whether a configuration has all that a candidate wants, and nothing that it does not take."""
    known = {each.name for each in candidate.parameters}
    needed = {each.name for each in candidate.parameters if each.required}
    takes_all = any(each.kind == "kwargs" for each in candidate.parameters)
    return (
        needed <= config.arguments.keys()
        and (takes_all or config.arguments.keys() <= known)
        and all(map(str.isidentifier, config.arguments))
    )


def _told(found: list[Config]) -> dict[str, Any]:
    if not found:
        return {}
    others = tuple(each.place for each in found if each.arguments != found[0].arguments)
    return {"given": found[0].arguments, "place": found[0].place, "others": others}


def _rank(candidate: Candidate, reach: int) -> tuple[int, int, int, int, int, int, int]:
    lower = candidate.name.lower()
    return (
        0 if candidate.root else 1,
        0 if candidate.sure else 1,
        0 if candidate.kind == "class" else 1,
        0 if candidate.ready or candidate.given else 1,
        -reach,
        0 if any(hint in lower for hint in _HINTS) else 1,
        -candidate.line,
    )


def _named(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} | {
        part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)
    }


def _through(node: ast.ClassDef, functions: Mapping[str, ast.FunctionDef]) -> set[str]:
    """What a class names by way of the file's own functions: `self.norm = make_norm(dim)` uses what `make_norm` uses."""
    seen: set[str] = set()
    names: set[str] = set()
    pending: list[ast.AST] = [node]
    while pending:
        called = {part.id for part in ast.walk(pending.pop()) if isinstance(part, ast.Name)} & functions.keys() - seen
        seen |= called
        pending += [functions[name] for name in called]
        names |= {name for function in called for name in _named(functions[function])}
    return names


def _reach(name: str, uses: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    pending = [name]
    while pending:
        for other in uses[pending.pop()] - seen:
            seen.add(other)
            pending.append(other)
    return seen
