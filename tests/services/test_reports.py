"""The report in plain text, and what an export takes."""

from app import mapping
from app.keys.tree import from_shapes
from app.services import documents, reports

SOURCES = {"": from_shapes({"conv.kernel": ((8, 4), "F32"), "fc.weight": ((2, 2), "F32")})}
TARGET = from_shapes({"conv.weight": ((4, 8), "F32"), "fc.weight": ((2, 2), "F32"), "head.weight": ((3, 3), "F32")})
PLAN = mapping.parse_plan('keygraft_plan 1\n"conv.weight" = transpose("conv.kernel")\n')


def test_the_report_says_what_an_export_takes():
    """Bytes that are written, and the most that is held at once, with its key."""
    text = reports.report("a → b", PLAN, mapping.evaluate(PLAN, SOURCES, TARGET), SOURCES)
    assert "144 bytes of tensors; computing conv.weight needs the most memory, 256 bytes" in text
    assert "strict=True will not pass" in text
    assert "Missing (1)" in text


def test_without_computed_tensors_nothing_is_held():
    """A rename moves bytes only."""
    plan = mapping.parse_plan("keygraft_plan 1\n")
    text = reports.report("a → b", plan, mapping.evaluate(plan, SOURCES, TARGET), SOURCES)
    assert "all of them copied as they are" in text
    assert "none: equal names only" in text


def test_the_document_has_the_same_figures():
    """For scripts."""
    found = documents.evaluation(PLAN, mapping.evaluate(PLAN, SOURCES, TARGET), SOURCES)
    assert found["export"] == {"output": 144, "moved": 16, "peak": 256, "largest": "conv.weight", "unread": 0}
