"""Claims read as pairs: a target key, the source keys it takes, and the op between them without its keys."""

from collections.abc import Mapping

import msgspec

from app.keys import KeyTree
from app.mapping.claims import Claim
from app.mapping.expressions import print_expression
from app.mapping.induction.templates import GATHER, NUMBER, Template, shallow
from app.mapping.matching import matcher
from app.mapping.patterns import escape
from app.mapping.plan import Bind, Call, Expr, Ref
from app.mapping.wording import expression_of


class Side(msgspec.Struct, frozen=True):
    """One reference without its integers.

    gathered -- inclusive range of the integer it gathers over; None where it is one key
    """

    source: str
    template: Template
    gathered: tuple[int, int] | None = None


class Skeleton(msgspec.Struct, frozen=True):
    """An expression whose references are numbered: `concat("0", "1", dim=0)`; `index` arguments are numbered after them."""

    text: str
    expr: Expr


class FamilyPair(msgspec.Struct, frozen=True):
    """Pairs that are equal but for integers.

    members -- (integers of the target key, those of the references and the op, target key)
    """

    skeleton: Skeleton
    target: Template
    sides: tuple[Side, ...]
    members: list[tuple[tuple[int, ...], tuple[int, ...], str]]


class Pairing:
    """Turns claims into family pairs."""

    def __init__(self, sources: Mapping[str, KeyTree], target: KeyTree) -> None:
        self.sources = sources
        self.target = target
        self._found: dict[tuple[str, Template, tuple[Side, ...]], FamilyPair] = {}
        self._skeletons: dict[str, Skeleton] = {}

    def add(self, key: str, expr: Expr) -> None:
        """Add the pair of one claim."""
        skeleton, sides, numbers, extra = self._taken_apart(expr)
        template, own = shallow(key, self.target.separator)
        found = self._found.get((skeleton.text, template, sides))
        if found is None:
            found = FamilyPair(skeleton, template, sides, [])
            self._found[skeleton.text, template, sides] = found
        found.members.append((own, numbers + extra, key))

    def pairs(self) -> list[FamilyPair]:
        """All pairs, in the order of their first member."""
        return list(self._found.values())

    def _taken_apart(self, expr: Expr) -> tuple[Skeleton, tuple[Side, ...], tuple[int, ...], tuple[int, ...]]:
        if isinstance(expr, Ref):
            template, numbers = self._read(expr)
            return _PLAIN, (Side(expr.source, template),), numbers, ()
        sides: list[Side] = []
        numbers_: list[int] = []
        extra: list[int] = []
        bare = self._strip(expr, sides, numbers_, extra)
        text = print_expression(bare)
        skeleton = self._skeletons.setdefault(text, Skeleton(text, bare))
        return skeleton, tuple(sides), tuple(numbers_), tuple(extra)

    def _read(self, ref: Ref) -> tuple[Template, tuple[int, ...]]:
        return shallow(plain(ref.pattern), self._separator(ref.source))

    def _separator(self, source: str) -> str:
        tree = self.sources.get(source)
        return "." if tree is None else tree.separator

    def _strip(self, expr: Expr, sides: list[Side], numbers: list[int], extra: list[int]) -> Expr:
        if isinstance(expr, Ref):
            template, own = self._read(expr)
            numbers += own
            sides.append(Side(expr.source, template))
            return Ref(str(len(sides) - 1))
        gathered = self._gathered(expr)
        if gathered is not None:
            side, own = gathered
            sides.append(side)
            numbers += own
            return Call(expr.op, (Ref(str(len(sides) - 1)),), expr.args, expr.index)
        inputs = tuple(self._strip(inner, sides, numbers, extra) for inner in expr.inputs)
        args = dict(expr.args)
        index = args.get("index")
        if expr.op == "select" and isinstance(index, int):
            extra.append(index)
            args["index"] = f"#{len(extra) - 1}"
        return Call(expr.op, inputs, args, expr.index)

    def _gathered(self, call: Call) -> tuple[Side, tuple[int, ...]] | None:
        """References of a join that count one integer up, as one reference that gathers."""
        found = [inner for inner in call.inputs if isinstance(inner, Ref)]
        if len(found) < 2 or len(found) < len(call.inputs) or call.op not in {"concat", "stack"}:
            return None
        read = [self._read(ref) for ref in found]
        if len({(ref.source, template) for ref, (template, _) in zip(found, read, strict=True)}) > 1:
            return None
        template, first = read[0]
        differing = [at for at in range(len(first)) if any(numbers[at] != first[at] for _, numbers in read)]
        if len(differing) != 1:
            return None
        at = differing[0]
        if [numbers[at] for _, numbers in read] != list(range(first[at], first[at] + len(read))):
            return None
        holes = [place for place, segment in enumerate(template) if segment == NUMBER]
        marked = tuple(GATHER if place == holes[at] else segment for place, segment in enumerate(template))
        return Side(found[0].source, marked, (first[at], first[at] + len(read) - 1)), first[:at] + first[at + 1 :]


_PLAIN = Skeleton('"0"', Ref("0"))


def plain(pattern: str) -> str:
    """Return the key that a pattern without placeholders stands for."""
    return pattern if "\\" not in pattern else matcher(pattern).constant or pattern


def expression(claim: Claim, sources: Mapping[str, KeyTree], shape: tuple[int, ...] | None) -> Expr:
    """Write the claim of a target key of this shape as an expression."""

    def wanted(source: str, key: str) -> tuple[int, ...] | None:
        return sources[source].tensors[key].shape

    return expression_of(claim, wanted, shape)


def single(key: str, expr: Expr) -> Bind:
    """Write a claim as a bind of one key."""
    return Bind(escape(key), expr)
