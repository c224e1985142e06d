"""A recipe as torch code: what a person would write for each kernel."""

from collections.abc import Callable, Mapping, Sequence

from app.exporting.carried import kernel_names
from app.exporting.grouping import Group, Hole, LeafShape, Number, Run, Shape, StepShape, grouped
from app.exporting.layout import Comprehension, Node, call, flat, row
from app.exporting.layout import Group as Brackets
from app.exporting.literals import literal, template_literal, text_literal
from app.keys.dtypes import TORCH
from app.mapping import Recipe

ELEMENT = "n"
"""Variable of a comprehension; nested ones count on."""


TAIL = "p"
"""Variable that stands for the last word of keys."""


class Printer:
    """Prints the recipes of one group.

    qualified -- whether source keys carry the name of their source, as in transfers from several
    tailed    -- whether every key ends with the word that `TAIL` stands for
    leads     -- beginnings of keys that have a name: (name, pieces); used in place of them
    needed    -- names of kernels whose source text a script must carry
    keys      -- pieces of the target key, then of each source key, as they were printed
    """

    def __init__(
        self, group: Group, names: Sequence[str], *, qualified: bool, tailed: bool = False, leads: Sequence[tuple[str, "Pieces"]] = ()
    ) -> None:
        self.group = group
        self.numbers = list(group.numbers)
        self.names = list(names)
        self.qualified = qualified
        self.tailed = tailed
        self.leads = leads
        self.needed: set[str] = set()
        self.keys: list[Pieces] = []
        self.depth = 0

    def target(self) -> str:
        """Write the target key."""
        return self.key(self.group.target, self.group.places)

    def key(self, parts: Sequence[str], numbers: Sequence[Number], lead: str = "") -> str:
        """Write a key as a literal: an f-string where variables stand in it."""
        pieces: list[tuple[str, str]] = []
        text = lead
        for index, part in enumerate(parts):
            text += part
            if index < len(numbers):
                number = numbers[index]
                if number.fixed:
                    text += str(number.constant)
                else:
                    pieces.append((text, number.text(self.names)))
                    text = ""
        whole = (*pieces, (text, TAIL if self.tailed else ""))
        self.keys.append(whole)
        return template_literal(led(whole, self.leads))

    def expression(self, shape: Shape) -> Node:
        """Write a recipe."""
        match shape:
            case LeafShape(source, parts, holes):
                lead = f"{source}:" if self.qualified else ""
                return call("take", self.key(parts, [self.numbers[hole.index] for hole in holes], lead))
            case StepShape(op, inputs, args):
                values = {name: self.argument(value) for name, value in args}
                printed = KERNEL_CODE.get("permute_rows" if values.get("kind") == '"rows"' else op)
                return printed(self, inputs, values) if printed else self.kernel(op, inputs, values)
            case Run():
                raise TypeError(shape)

    def kernel(self, op: str, inputs: Sequence[Shape], args: "Args") -> Node:
        """Write a call of a kernel, whose text the script will carry."""
        name = kernel_names()[op]
        self.needed.add(name)
        return call(name, *(self.expression(part) for part in inputs), *(row(key, "=", value) for key, value in args.items()))

    def inputs(self, inputs: Sequence[Shape]) -> Node:
        """Write a list of inputs; a run becomes a comprehension."""
        if len(inputs) == 1 and isinstance(inputs[0], Run):
            return self._comprehension(inputs[0])
        return Brackets("[", tuple(self.expression(part) for part in inputs), "]")

    def _comprehension(self, run: Run) -> Node:
        name = ELEMENT + (str(self.depth) if self.depth else "")
        kept, names = list(self.numbers), list(self.names)
        self.names.append(name)
        self.depth += 1
        steps = dict(run.steps)
        width = len(self.names)
        self.numbers = [
            Number((*number.slopes, *(0,) * (width - 1 - len(number.slopes)), steps.get(index, 0)), number.constant)
            for index, number in enumerate(kept)
        ]
        body = self.expression(run.body)
        self.numbers, self.names = kept, names
        self.depth -= 1
        return Comprehension("[", body, (f"for {name} in range({run.count})",), "]")

    def argument(self, value: object) -> Node:
        """Write an argument."""
        if isinstance(value, Hole):
            return self.numbers[value.index].text(self.names)
        if isinstance(value, tuple):
            if value and all(isinstance(item, tuple) and len(item) == 3 and item[0] == "key" for item in value):
                return Brackets("{", tuple(row(text_literal(str(item[1])), ": ", self.argument(item[2])) for item in value), "}")
            return Brackets("[", tuple(self.argument(item) for item in value), "]")
        return literal(value)


Pieces = tuple[tuple[str, str], ...]
"""A key as (text, expression) pairs; the expression is empty where only text follows."""


def led(pieces: Pieces, leads: Sequence[tuple[str, Pieces]]) -> Pieces:
    """Put a name in the place of the beginning that it stands for."""
    for name, lead in leads:
        (*whole, (end, _)) = lead
        count = len(whole)
        if tuple(whole) == pieces[:count] and len(pieces) > count and pieces[count][0].startswith(end):
            rest = (pieces[count][0][len(end) :], pieces[count][1])
            return (("", name), rest, *pieces[count + 1 :])
    return pieces


Args = Mapping[str, Node]
Code = Callable[[Printer, Sequence[Shape], Args], Node]


def _method(name: str, *wanted: str) -> Code:
    """Write `x.name(args)`; a wanted argument that is a list is spread."""

    def printed(printer: Printer, inputs: Sequence[Shape], args: Args) -> Node:
        spread: list[Node] = []
        for each in wanted:
            value = args[each]
            spread.extend(value.items if isinstance(value, Brackets) else [value])
        return row(printer.expression(inputs[0]), f".{name}", Brackets("(", tuple(spread), ")"))

    return printed


def _rows(printer: Printer, inputs: Sequence[Shape], args: Args) -> Node:
    printer.needed.add("permute_rows")
    return call("permute_rows", printer.expression(inputs[0]), *(row(key, "=", value) for key, value in args.items() if key != "kind"))


def _joined(name: str) -> Code:
    def printed(printer: Printer, inputs: Sequence[Shape], args: Args) -> Node:
        dim = args.get("dim", "0")
        extra = () if dim == "0" else (row("dim=", dim),)
        return call(name, printer.inputs(inputs), *extra)

    return printed


def _chunk(printer: Printer, inputs: Sequence[Shape], args: Args) -> Node:
    arguments = (args["chunks"],) if args["dim"] == "0" else (args["chunks"], row("dim=", args["dim"]))
    return row(printer.expression(inputs[0]), ".chunk", Brackets("(", arguments, ")"), "[", args["index"], "]")


def _cast(printer: Printer, inputs: Sequence[Shape], args: Args) -> Node:
    dtype = str(args["dtype"]).strip("\"'")
    return row(printer.expression(inputs[0]), ".to", Brackets("(", (f"torch.{TORCH[dtype]}",), ")"))


KERNEL_CODE: dict[str, Code] = {
    "slice": _method("narrow", "dim", "start", "length"),
    "chunk": _chunk,
    "select": _method("select", "dim", "index"),
    "transpose": _method("transpose", "dims"),
    "permute": _method("permute", "dims"),
    "permute_rows": _rows,
    "flip": _method("flip", "dims"),
    "reshape": _method("reshape", "shape"),
    "concat": _joined("torch.cat"),
    "stack": _joined("torch.stack"),
    "cast": _cast,
}


def leftover_code(recipe: Recipe) -> str:
    """Write one recipe as an expression over `take("key")`, for people."""
    group = grouped({"": recipe})[0]
    return flat(Printer(group, (), qualified=False).expression(group.shape))
