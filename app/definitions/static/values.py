"""Values that the static builder computes with: Python's own where they are plain, these where torch's or the user's are meant."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


class Stuck(Exception):  # noqa: N818  not an error: the tree is then called incomplete
    """The builder cannot know how to go on: a reason `preview-<code>` with parameters."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(code)
        self.code, self.params = code, params


@dataclass(eq=False, slots=True)
class Unknown:
    """A value we know nothing of; `module` where it might be a module with tensors of its own."""

    reason: str
    module: bool = True


@dataclass(eq=False, slots=True)
class Tensor:
    """A tensor by shape and dtype (None where unknown); `data` holds the numbers of small vectors that were written out."""

    shape: tuple[int, ...] | None
    dtype: str | None = "F32"
    parameter: bool = False
    requires_grad: bool = False
    data: list[Any] | None = None
    lazy: bool = False


@dataclass(eq=False, slots=True)
class Module:
    """An `nn.Module`: `cls` is the user's class or None, `kind` the name of its torch.nn base."""

    cls: "UserClass | None"
    kind: str
    attrs: dict[str, Any] = field(default_factory=dict)
    params: dict[str, Tensor | None] = field(default_factory=dict)
    buffers: dict[str, Tensor | None] = field(default_factory=dict)
    volatile: set[str] = field(default_factory=set)
    children: dict[str, "Module | None"] = field(default_factory=dict)
    begun: bool = True

    def takes(self, name: str, held: Mapping[str, Any]) -> None:
        """Refuse a name as torch does when something is registered: Stuck says what it would raise."""
        others: list[Mapping[str, Any]] = [names for names in (self.attrs, self.params, self.buffers, self.children) if names is not held]
        if not self.begun:
            raise Stuck("raises", detail="AttributeError: cannot assign before Module.__init__() call", line=0)
        if not name or "." in name or any(name in names for names in others):
            raise Stuck("raises", detail=f"KeyError: {name!r}", line=0)

    def set(self, name: str, value: Any) -> None:
        """Set an attribute as `nn.Module.__setattr__` does."""
        if not self.begun and (isinstance(value, Module) or (isinstance(value, Tensor) and value.parameter)):
            raise Stuck("raises", detail="AttributeError: cannot assign before Module.__init__() call", line=0)
        if isinstance(value, Tensor) and value.parameter:
            self._forget(name, self.params)
            self.params[name] = value
        elif isinstance(value, Module):
            self._forget(name, self.children)
            self.children[name] = value
        elif name in self.params and value is None:
            self.params[name] = None
        elif name in self.children and value is None:
            self.children[name] = None
        elif name in self.buffers and (value is None or isinstance(value, Tensor)):
            self.buffers[name] = value
        elif name in self.params or name in self.children or name in self.buffers:
            raise Stuck("unsupported", what=f"{name} = …", line=0)
        else:
            self.attrs[name] = value

    def _forget(self, name: str, keep: object) -> None:
        for held in (self.attrs, self.params, self.buffers, self.children):
            if held is not keep:
                held.pop(name, None)

    def delete(self, name: str) -> None:
        """Delete an attribute."""
        for held in (self.attrs, self.params, self.buffers, self.children):
            if name in held:
                del held[name]
                return
        raise Stuck("raises", detail=f"AttributeError: {name}", line=0)

    def walk(self) -> "list[Module]":
        """Return this module and all below it, each once, parents first."""
        found: dict[int, Module] = {}
        pending = [self]
        while pending:
            module = pending.pop()
            if id(module) not in found:
                found[id(module)] = module
                pending += [child for child in reversed(module.children.values()) if child is not None]
        return list(found.values())

    def bare(self) -> bool:
        """Whether no module here has any tensor."""
        return not any(module.params or module.buffers for module in self.walk())


@dataclass(eq=False, slots=True)
class Scope:
    """Names of a function, class body or module, and the scope around it."""

    names: dict[str, Any]
    outer: "Scope | None" = None
    owner: "UserClass | None" = None
    this: Any = None
    declared: dict[str, "Scope"] = field(default_factory=dict)

    def find(self, name: str) -> "Scope | None":
        """Scope that holds a name."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope
            scope = scope.outer
        return None


@dataclass(eq=False, slots=True)
class UserClass:
    """A class of the definition; bases are UserClass, Layer or Unknown values."""

    name: str
    bases: list[Any]
    names: dict[str, Any]
    module: str = ""
    fields: list[tuple[str, Any]] | None = None

    def mro(self) -> list[Any]:
        """Classes in the order in which attributes are looked up (depth first, later duplicates win: enough for trees and diamonds)."""
        line: list[Any] = [self]
        for base in self.bases:
            line += base.mro() if isinstance(base, UserClass) else [base]
        return [part for index, part in enumerate(line) if part not in line[index + 1 :]]


@dataclass(eq=False, slots=True)
class Function:
    """A function or lambda of the definition."""

    node: ast.FunctionDef | ast.Lambda
    scope: Scope
    defaults: list[Any]
    keyword_defaults: dict[str, Any]
    kind: str = "plain"
    owner: UserClass | None = None


@dataclass(eq=False, slots=True)
class Bound:
    """A function with its first argument."""

    function: Any
    this: Any


@dataclass(eq=False, slots=True)
class Native:
    """A function that we provide: called with (positional, keyword) arguments."""

    name: str
    run: Callable[[list[Any], dict[str, Any]], Any]


@dataclass(eq=False, slots=True)
class Layer:
    """A class of torch.nn, by name."""

    name: str


@dataclass(eq=False, slots=True)
class Space:
    """A namespace such as `torch`, `torch.nn`, `math`, or a module of the project."""

    name: str
    get: Callable[[str], Any]


@dataclass(eq=False, slots=True)
class Instance:
    """An object of a plain class of the definition."""

    cls: UserClass
    attrs: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Dtype:
    """`torch.float32` and its like, by our name."""

    name: str
