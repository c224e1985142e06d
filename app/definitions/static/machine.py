"""The state and the limits that every part of the interpreter shares."""

import ast
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from app.definitions.static.values import Module, Scope, Stuck, Tensor, Unknown
from app.keys import Warned

MAX_STEPS = 400_000
MAX_DEPTH = 60
MAX_SIZE = 100_000
MAX_BITS = 512


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


class Machine(ABC):
    """Counts steps, bounds results, and knows what can be iterated and what is true.

    resolve -- (module, level, importing module) -> a Space, or Unknown
    root    -- the first module that was begun: what is left of it when the rest cannot be followed
    doubts  -- what was passed over, so that the tree is not certain
    """

    def __init__(self, resolve: Callable[[str, int, str], Any]) -> None:
        self.resolve = resolve
        self.builtins: dict[str, Any] = {}
        self.construct_layer: Callable[[str, list[Any], dict[str, Any], Module | None], Module] | None = None
        self.module_attribute: Callable[[Module, str], Any] | None = None
        self.root: Module | None = None
        self.doubts: list[Warned] = []
        self.line = 0
        self._steps = 0
        self._depth = 0
        self._generators: dict[ast.FunctionDef, bool] = {}

    @abstractmethod
    def eval(self, node: ast.expr, scope: Scope) -> Any:
        """Value of an expression."""

    @abstractmethod
    def call(self, function: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Call a value."""

    @abstractmethod
    def run(self, body: list[ast.stmt], scope: Scope) -> None:
        """Run statements."""

    @abstractmethod
    def assign(self, target: ast.expr, value: Any, scope: Scope) -> None:
        """Bind a target."""

    def begin(self) -> None:
        """Begin the model itself."""
        self.root, self.doubts = None, []

    def charge(self, work: int) -> None:
        """Count work that is done at once; Stuck over the budget."""
        self._steps += work
        if self._steps > MAX_STEPS:
            raise Stuck("budget", line=self.line)

    def doubt(self, what: str) -> None:
        """Note that something was passed over."""
        self.doubts.append(Warned("unknown", {"what": what[:200], "line": self.line}))

    def step(self, node: ast.AST) -> None:
        """Count one step; Stuck over the budget."""
        self._steps += 1
        self.line = getattr(node, "lineno", self.line)
        if self._steps > MAX_STEPS:
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
        if isinstance(result, int) and result.bit_length() > MAX_BITS:
            raise Stuck("budget", line=self.line)
        return result

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
                return (
                    bool(value.children or value.params)
                    if value.kind in {"Sequential", "ModuleList", "ModuleDict", "ParameterList"}
                    else True
                )
            case _:
                return bool(value)
