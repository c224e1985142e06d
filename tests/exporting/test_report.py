"""The report tells a reviewer what a transfer does, and no key of a checkpoint can write into it."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from app.exporting import report, report_html, report_markdown, three_columns, treemap
from app.exporting.report_pages import code_span
from app.exporting.reporting import Check
from app.exporting.treemap import squarified
from app.keys.tree import from_shapes
from app.mapping import evaluate, parse_plan

PLAN = """keygraft_plan 1
rename strip_prefix "module."
"layers.{i}.{rest*}" = "blocks.{i}.{rest*}"   # <script>alert(1)</script> | `x`
init "head.*" with model
ignore "old.*"
"""


def made(extra: str = "left.w"):
    """Make the report of a small transfer."""
    shapes = {f"module.blocks.{i}.w": ((4, 4), "F32") for i in range(12)} | {
        "module.old.w": ((3,), "F32"),
        f"module.{extra}": ((2,), "F32"),
        "module.m": ((7,), "F32"),
    }
    sources = {"": from_shapes(shapes)}
    target = from_shapes(
        {f"layers.{i}.w": ((4, 4), "F32") for i in range(12)} | {"head.weight": ((2, 4), "F32"), "gone": ((5,), "F32"), "m": ((8,), "F32")}
    )
    plan = parse_plan(PLAN)
    evaluation = evaluate(plan, sources, target)
    found = report(
        plan, sources, target, evaluation, title="a|b", checks=[Check("load_state_dict", passed=True, detail="<All keys matched>")]
    )
    return found, evaluation, target


def test_a_report_says_what_happens() -> None:
    """Families, rules with their counts, and every state stand in it."""
    found, evaluation, _ = made()
    assert not found.clean
    assert [rule.keys for rule in found.rules][1:3] == [12, 1]
    assert found.targets["missing"][0].keys == "gone"
    assert found.targets["mismatched"][0].remark
    assert [line.keys for line in found.left_behind] == ["module.old.w"]
    assert [line.keys for line in found.unexpected] == ["module.left.w"]
    page = report_markdown(found)
    assert '`init "head.*" with model`' in page
    assert "# Transfer of weights: `a\\|b`" in page
    table = three_columns(evaluation).splitlines()
    assert table[0].split() == ["target", "from", "outcome"]
    assert ["layers.3.w", "module.blocks.3.w", "loaded"] in [line.split() for line in table]


class _Tags(HTMLParser):
    """Collects the tags of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.add(tag)


def test_nothing_in_a_plan_is_markup() -> None:
    """Notes, keys and titles are text in HTML and code spans in Markdown."""
    found, evaluation, target = made("<img src=x onerror=alert(1)>.w")
    page = report_html(found, treemap(evaluation, target))
    tags = _Tags()
    tags.feed(page)
    assert not tags.tags & {"script", "img", "link", "iframe"}
    assert "&lt;script&gt;" in page
    assert "\n<script>" not in report_markdown(found)


@given(st.text(alphabet="`|a \n\u202e", max_size=12))
def test_code_spans_end_where_they_should(value: str) -> None:
    """Whatever backticks a key holds, its span is one line and closed by a longer fence."""
    span = code_span(value)
    fence = span[: len(span) - len(span.lstrip("`"))]
    inner = span[len(fence) : -len(fence)]
    assert "\n" not in span
    assert fence not in inner.split(" ") if fence else True
    assert max((len(run) for run in "".join(c if c == "`" else " " for c in inner).split()), default=0) < len(fence)


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=20))
def test_treemaps_fill_their_rectangle(areas: list[float]) -> None:
    """Tiles have the wanted areas and stay inside."""
    areas = sorted(areas, reverse=True)
    width = 10.0
    height = sum(areas) / width
    places = squarified(areas, 0, 0, width, height)
    for area, (x, y, w, h) in zip(areas, places, strict=True):
        assert abs(w * h - area) < 1e-6 * max(1, area)
        assert x >= -1e-6
        assert y >= -1e-6
        assert x + w <= width + 1e-6
        assert y + h <= height + 1e-6
