"""An op as a value: what it takes, the shape rule that lowers it to kernels, the code it prints, its inverse."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

from app.mapping.errors import OpError
from app.mapping.ops.value import Shape, Value
from app.mapping.plan import Arg

ParameterKind = Literal["int", "ints", "float", "text", "flag", "shape", "sizes"]
"""What an argument may be; `shape` may hold one -1 or be the name `target` under `like`, `sizes` is a list or a count."""

REQUIRED = "(required)"


class Parameter(msgspec.Struct, frozen=True):
    """An argument of an op.

    default    -- value where it is left out; REQUIRED where it may not be; None: worked out from shapes
    positional -- written without its name, in the order of the parameters
    choices    -- the texts that it may be
    """

    name: str
    kind: ParameterKind
    default: Arg = REQUIRED
    summary: str = ""
    positional: bool = False
    choices: tuple[str, ...] = ()


class Operands(msgspec.Struct, frozen=True):
    """What an op is applied to.

    inputs -- tensors, in order
    args   -- literals by name, defaults filled in
    index  -- which of several results is wanted; None where the expression names none
    target -- shape of the target key, for `like=target` and sizes that are left out
    """

    op: str
    inputs: tuple[Value, ...]
    args: Mapping[str, Arg]
    index: int | str | None = None
    target: Shape | None = None

    @property
    def value(self) -> Value:
        """The first input."""
        return self.inputs[0]

    def integer(self, name: str) -> int:
        """Return an integer argument."""
        found = self.args[name]
        if not isinstance(found, int) or isinstance(found, bool):
            raise OpError("op_argument_kind", op=self.op, argument=name, wanted="int", found=str(found))
        return found

    def optional(self, name: str) -> int | None:
        """Return an integer argument that may be left out."""
        return None if self.args.get(name) is None else self.integer(name)

    def number(self, name: str) -> float:
        """Return a number."""
        found = self.args[name]
        if not isinstance(found, int | float) or isinstance(found, bool):
            raise OpError("op_argument_kind", op=self.op, argument=name, wanted="float", found=str(found))
        return found

    def integers(self, name: str) -> tuple[int, ...]:
        """Return a list of integers; a single integer is a list of one."""
        found = self.args[name]
        if isinstance(found, int) and not isinstance(found, bool):
            return (found,)
        if not isinstance(found, list) or not all(isinstance(item, int) and not isinstance(item, bool) for item in found):
            raise OpError("op_argument_kind", op=self.op, argument=name, wanted="ints", found=str(found))
        return tuple(found)

    def text(self, name: str) -> str:
        """Return a text."""
        found = self.args[name]
        if not isinstance(found, str):
            raise OpError("op_argument_kind", op=self.op, argument=name, wanted="text", found=str(found))
        return found

    def flag(self, name: str) -> bool:
        """Return a truth value."""
        found = self.args[name]
        if not isinstance(found, bool):
            raise OpError("op_argument_kind", op=self.op, argument=name, wanted="flag", found=str(found))
        return found


class Example(msgspec.Struct, frozen=True):
    """One line of a plan, the shapes of its source keys and the shape it gives; the reference shows it and a test runs it."""

    line: str
    sources: dict[str, Shape]
    gives: Shape


Lower: TypeAlias = Callable[[Operands], Value]


class Op(msgspec.Struct, frozen=True):
    """A surface op.

    least, most -- how many inputs it takes (`most` None: any number)
    lower       -- its shape rule: makes the recipe of kernels, or raises OpError
    results     -- whether one of several results has to be picked by an index
    inverse     -- how it is undone, in words of the language; "" where it is not
    group       -- heading in the reference
    """

    name: str
    summary: str
    lower: Lower
    example: Example
    parameters: tuple[Parameter, ...] = ()
    least: int = 1
    most: int | None = 1
    results: bool = False
    inverse: str = ""
    group: str = "shape"

    def apply(self, inputs: Sequence[Value], args: Mapping[str, Arg], index: int | str | None = None, target: Shape | None = None) -> Value:
        """Lower the op onto kernels; OpError says what does not fit."""
        if len(inputs) < self.least or (self.most is not None and len(inputs) > self.most):
            raise OpError("op_inputs", op=self.name, found=len(inputs), least=self.least, most="any" if self.most is None else self.most)
        return self.lower(Operands(self.name, tuple(inputs), self.filled(args), index, target))

    def filled(self, args: Mapping[str, Arg]) -> dict[str, Arg]:
        """Return the arguments with defaults; OpError for one that is unknown or lacking."""
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in args:
            if name not in known:
                raise OpError("op_argument_unknown", op=self.name, argument=name)
        out = dict(args)
        for name, parameter in known.items():
            if name not in out:
                if parameter.default == REQUIRED:
                    raise OpError("op_argument_missing", op=self.name, argument=name)
                out[name] = parameter.default
        return out
