"""The static builder: a definition's key tree without running any of it, and whether that tree is certain."""

import ast
from collections.abc import Iterator
from typing import Any

import msgspec

from app.definitions.building import resolved
from app.definitions.definition import Definition
from app.definitions.errors import DefinitionError
from app.definitions.static.interpreter import Interpreter, bound_names
from app.definitions.static.torchlike import Library
from app.definitions.static.values import Module, Scope, Space, Stuck, Tensor, Unknown, UserClass
from app.keys import KeyTree, ModuleInfo, TensorInfo, Warned, spell_token

_MAX_TENSORS = 200_000


class Preview(msgspec.Struct, frozen=True):
    """What could be told without running code.

    tree     -- None where not even the outline is known
    complete -- whether the tree is certain; otherwise `reasons` (messages `preview-<code>`) say what is not
    """

    tree: KeyTree | None
    complete: bool
    reasons: tuple[Warned, ...] = ()


class _Project:
    """Modules of the definition, interpreted when they are imported."""

    def __init__(self, definition: Definition) -> None:
        self._sources = definition.sources
        self._done: dict[str, Scope] = {}
        self.changes: list[Warned] = []
        self.machine = Interpreter(self.resolve)
        self.library = Library(self.machine)

    def _file(self, module: str) -> str | None:
        stem = module.replace(".", "/")
        paths = [f"{root}{stem}{tail}" for root in ("", "src/") for tail in (".py", "/__init__.py")]
        return next((path for path in paths if path in self._sources), None)

    def resolve(self, module: str, level: int, importing: str) -> Any:
        """Namespace of an imported module: the project's own, or one that we provide."""
        if level:
            package = importing.split(".")
            is_package = (self._file(importing) or "").endswith("__init__.py")
            package = package[: len(package) - level + is_package]
            module = ".".join([*package, *([module] if module else [])])
        if self._file(module) is not None:
            scope = self.load(module)
            return Space(module, lambda name: self._member(module, scope, name))
        return self.library.space(module)

    def _member(self, module: str, scope: Scope, name: str) -> Any:
        if name in scope.names:
            return scope.names[name]
        if self._file(f"{module}.{name}") is not None:
            return self.resolve(f"{module}.{name}", 0, "")
        raise Stuck("raises", detail=f"ImportError: {name}", line=self.machine.line)

    def load(self, module: str, path: str | None = None) -> Scope:
        """Interpret a module's top level. A statement that we cannot follow makes the names it binds unknown."""
        if module in self._done:
            return self._done[module]
        scope = self._done[module] = Scope({"__name__": module})
        tree = ast.parse(self._sources[path or self._file(module) or ""])
        self.changes += _changes_of_torch(tree)
        for node in tree.body:
            try:
                self.machine.run([node], scope)
            except Stuck as stuck:
                if stuck.code == "budget":
                    raise
                for name in bound_names(node):
                    scope.names[name] = Unknown(name)
        return scope


def preview(definition: Definition) -> Preview:
    """Tell the key tree of a definition without running it; never raises for what the code does."""
    if definition.door != "python" or not definition.files:
        return Preview(None, complete=False, reasons=(Warned("unsupported", {"what": definition.door, "line": 0}),))
    try:
        ready = resolved(definition)
        built = _construct(ready)
    except DefinitionError as error:
        return Preview(None, complete=False, reasons=(Warned("definition", {"code": error.code}),))
    except Stuck as stuck:
        return Preview(None, complete=False, reasons=(Warned(stuck.code, {"line": 0, **stuck.params}),))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return Preview(None, complete=False, reasons=(Warned("unsupported", {"what": type(error).__name__, "line": 0}),))
    return built


def _construct(definition: Definition) -> Preview:
    project = _Project(definition)
    machine = project.machine
    module = definition.module or definition.file.removesuffix(".py").rpartition("/")[2]
    scope = project.load(module, definition.file or None)
    target = scope.names.get(definition.name)
    if target is None:
        return Preview(None, complete=False, reasons=(Warned("definition", {"code": "build_name"}),))
    machine.begin()  # modules made by the file's own top level are none of ours
    try:
        args = [machine.eval(ast.parse(text, mode="eval").body, scope) for text in definition.call.args]
        kwargs = {name: machine.eval(ast.parse(text, mode="eval").body, scope) for name, text in definition.call.kwargs.items()}
        made = machine.call(target, args, kwargs)
        if definition.edits and isinstance(made, Module):
            inner = Scope(
                {"net": made, "model": made, "nn": project.library.space("torch.nn"), "torch": project.library.space("torch")}, scope
            )
            machine.run(ast.parse("\n".join(definition.edits)).body, inner)
            made = inner.names["net"] if inner.names["net"] is not made else inner.names["model"]
    except Stuck as stuck:
        reason = Warned(stuck.code, {**stuck.params, "line": stuck.params.get("line") or machine.line})
        if machine.root is None or machine.root.cls is not target:
            return Preview(None, complete=False, reasons=(*machine.doubts[:20], reason))
        return _tree(machine.root, [*project.changes, *machine.doubts, reason])  # as far as it got
    if not isinstance(made, Module):
        return Preview(None, complete=False, reasons=(Warned("unknown", {"what": definition.name, "line": 0}),))
    return _tree(made, [*project.changes, *machine.doubts])


_FOR_ALL = frozenset({"set_default_dtype", "set_default_tensor_type"})
_TORCH = frozenset({"torch", "nn"})


def _changes_of_torch(tree: ast.Module) -> Iterator[Warned]:
    """What code does to torch itself, for every layer: another default dtype, a class or method put in the place of torch's."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in _FOR_ALL:
                yield Warned("unsupported", {"what": name, "line": node.lineno})
            case ast.Call(func=ast.Name(id="setattr"), args=[first, *_]) if _root(first) in _TORCH:
                yield Warned("unsupported", {"what": ast.unparse(first)[:200], "line": node.lineno})
            case ast.Assign(targets=targets):
                changed = (target for target in targets if isinstance(target, ast.Attribute) and _root(target) in _TORCH)
                yield from (
                    Warned("unsupported", {"what": ast.unparse(target)[:200], "line": node.lineno})
                    for target in changed
                    if not _is_switch(target)
                )


def _is_switch(target: ast.Attribute) -> bool:
    """Whether it is one of the settings of a backend, `torch.backends.cudnn.benchmark`, which no key depends on."""
    return ast.unparse(target).startswith("torch.backends.")


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _tree(root: Module, doubts: list[Warned]) -> Preview:
    tensors: dict[str, TensorInfo] = {}
    modules: dict[str, ModuleInfo] = {}
    first: dict[int, str] = {}
    reasons = list(doubts)
    pending = [("", root)]
    while pending:
        path, module = pending.pop()
        prefix = f"{path}." if path else ""
        modules[path] = _info(module)
        if module.cls is not None and any(
            name in part.names for part in module.cls.mro() if isinstance(part, UserClass) for name in _OWN_SAVING
        ):
            reasons.append(Warned("unsupported", {"what": f"{module.cls.name}.state_dict", "line": 0}))
        held = [(name, tensor, "parameter") for name, tensor in module.params.items()]
        held += [(name, tensor, "buffer") for name, tensor in module.buffers.items() if name not in module.volatile]
        for name, tensor, kind in held:
            if tensor is not None:
                key = spell_token(prefix + name)
                tensors[key] = _entry(key, tensor, kind, first)
                if tensor.shape is None or tensor.dtype is None:
                    reasons.append(Warned("shape", {"key": key}))
        if len(tensors) > _MAX_TENSORS or len(modules) > _MAX_TENSORS:
            return Preview(None, complete=False, reasons=(Warned("budget", {"line": 0}),))
        pending += [(prefix + name, child) for name, child in reversed(module.children.items()) if child is not None]
    if not tensors:
        return Preview(None, complete=False, reasons=(*reasons, Warned("empty")))
    tree = KeyTree("definition", tensors, modules=modules, metadata={"static": "complete" if not reasons else "incomplete"})
    return Preview(tree, complete=not reasons, reasons=tuple(reasons[:20]))


_OWN_SAVING = ("state_dict", "_save_to_state_dict", "_load_from_state_dict", "get_extra_state", "named_modules", "_apply")


def _entry(key: str, tensor: Tensor, kind: str, first: dict[int, str]) -> TensorInfo:
    owner = first.setdefault(id(tensor), key)
    return TensorInfo(
        tensor.shape,
        tensor.dtype or "F32",
        alias=owner if owner != key else None,
        kind=kind,
        requires_grad=tensor.requires_grad,
        note="lazy" if tensor.lazy else "",
    )


def _info(module: Module) -> ModuleInfo:
    cls = module.cls
    base = "" if module.kind == "Module" else module.kind
    name = f"{cls.module}.{cls.name}" if cls is not None else f"torch.nn.{module.kind}"
    hyper: dict[str, Any] = {
        field: list(value) if isinstance(value, tuple) else value
        for field, value in module.attrs.items()
        if not field.startswith("_")
        and (
            isinstance(value, bool | int | float)
            or (isinstance(value, str) and 0 < len(value) <= 60)
            or (isinstance(value, tuple) and 0 < len(value) <= 8 and all(type(part) is int for part in value))
        )
    }
    return ModuleInfo(name, base, dict(list(hyper.items())[:40]))
