"""Folding assignments into statements: whatever the mapping, the printed code says exactly that."""

from hypothesis import given, settings
from hypothesis import strategies as st

from app.exporting.grouping import VARIABLES, Domain, domain_of, grouped
from app.exporting.layout import flat, lines
from app.exporting.numbers import fit, written
from app.exporting.statements import statements
from app.exporting.tables import folded, mapping_display, set_display, span
from app.mapping.outcomes import Leaf, Recipe, Step

_SEGMENT = st.sampled_from(["a", "b1", "layer2", "0", "1", "2", "7", "10", "x{i}", "w'", 'q"'])
_KEY = st.lists(_SEGMENT, min_size=1, max_size=4).map(".".join)


class Tensor:
    """Stands for a tensor: remembers how it was made."""

    def __init__(self, made: object) -> None:
        self.made = made

    def narrow(self, dim: int, start: int, length: int) -> "Tensor":
        """Slice."""
        return Tensor(("slice", dim, start, length, self.made))


class Torch:
    """Stands for torch in printed code."""

    @staticmethod
    def cat(parts: list[Tensor], dim: int = 0) -> Tensor:
        """Join."""
        return Tensor(("concat", dim, *(part.made for part in parts)))


def made(recipe: Recipe) -> object:
    """Say what a recipe makes, as `Tensor` does."""
    if isinstance(recipe, Leaf):
        return recipe.key
    parts = [made(part) for part in recipe.inputs]
    if recipe.op == "slice":
        return ("slice", recipe.args["dim"], recipe.args["start"], recipe.args["length"], parts[0])
    return ("concat", recipe.args["dim"], *parts)


def executed(assignments: dict[str, Recipe]) -> dict[str, object]:
    """Run the printed statements."""
    body, _ = statements(assignments, qualified=False)
    scope: dict[str, object] = {"torch": Torch}
    exec("\n".join(["def remapped(take):", "    yield from ()", *body]), scope)  # noqa: S102 -- the code under test
    return {key: tensor.made for key, tensor in scope["remapped"](Tensor)}


def recipes() -> st.SearchStrategy[Recipe]:
    """Draw recipes of slices and joins."""
    leaf = _KEY.map(Leaf)
    cut = st.builds(lambda part, start: Step("slice", (part,), {"dim": 0, "start": start, "length": 2}), leaf, st.integers(0, 5))
    return st.one_of(leaf, cut, st.lists(leaf | cut, min_size=1, max_size=5).map(lambda parts: Step("concat", tuple(parts), {"dim": 1})))


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(_KEY, recipes(), max_size=12))
def test_printed_statements_mean_the_assignments(assignments: dict[str, Recipe]) -> None:
    """Executed, the code assigns to each key exactly what its recipe says."""
    assert executed(assignments) == {key: made(recipe) for key, recipe in assignments.items()}


@given(st.integers(1, 6), st.integers(1, 5), st.integers(-2, 3), st.integers(-2, 3), st.integers(0, 9))
def test_families_become_one_statement(width: int, height: int, first: int, second: int, constant: int) -> None:
    """A family whose source integers are arithmetic over the target's is one group, and means the same."""
    base = constant + 2 * (width + height)
    assignments: dict[str, Recipe] = {
        f"t.{i}.x.{j}": Leaf(f"s.{first * i + second * j + base}.y") for i in range(width) for j in range(height)
    }
    assert len(grouped(assignments)) == 1
    assert executed(assignments) == {key: made(recipe) for key, recipe in assignments.items()}


def test_experts_become_a_comprehension() -> None:
    """Inputs that count become a comprehension, whatever their number."""
    assignments: dict[str, Recipe] = {
        f"t.{i}": Step("concat", tuple(Leaf(f"s.{i}.experts.{e}.w1") for e in range(64)), {"dim": 0}) for i in range(3)
    }
    body, _ = statements(assignments, qualified=False)
    assert body == ["    for i in range(3):", '        yield (f"t.{i}", torch.cat([take(f"s.{i}.experts.{n}.w1") for n in range(64)]))']


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12, unique=True),
    st.lists(st.integers(0, 50), min_size=12, max_size=12),
)
def test_fits_are_exact(rows: list[tuple[int, int]], values: list[int]) -> None:
    """What `fit` returns holds for every member, and its text evaluates to it."""
    values = values[: len(rows)]
    found = fit(rows, values)
    if found is not None:
        text = written(*found, VARIABLES[:2])
        for row, value in zip(rows, values, strict=True):
            assert eval(text, {"i": row[0], "j": row[1]}) == value  # noqa: S307 -- the code under test


@given(st.lists(st.integers(0, 30), min_size=1, max_size=8, unique=True).map(sorted))
def test_spans_hold_their_values(values: list[int]) -> None:
    """A span is a range or a tuple of exactly these values."""
    assert list(eval(span(values))) == values  # noqa: S307 -- the code under test


@given(st.dictionaries(_KEY, st.integers(0, 2), max_size=15))
def test_tables_hold_their_entries(entries: dict[str, int]) -> None:
    """Folded tables evaluate to what was folded."""
    assert eval("\n".join(lines(mapping_display(entries)))) == entries  # noqa: S307 -- the code under test
    assert eval(flat(set_display(entries))) == frozenset(entries)  # noqa: S307 -- the code under test
    assert len(folded(entries)) <= len(entries)


def test_domains_are_products_where_they_can_be() -> None:
    """Rows that are a full product become axes; others stay rows."""
    assert domain_of([(0, 1), (0, 2), (1, 1), (1, 2)]) == Domain(axes=((0, 1), (1, 2)))
    assert domain_of([(0, 1), (1, 2)]) == Domain(rows=((0, 1), (1, 2)))
