"""What a row says of a module whose keys fare differently."""

import pytest

from app.viewing.rows import _told


@pytest.mark.parametrize(
    ("totals", "worst", "told"),
    [
        ({"unexpected": 5, "used": 177}, "unexpected", ("used", 5)),
        ({"ignored": 2, "used": 1}, "ignored", ("used", 0)),
        ({"unexpected": 3, "ignored": 1, "used": 1}, "unexpected", ("used", 3)),
        ({"unexpected": 3}, "unexpected", ("unexpected", 0)),
        ({"unexpected": 3, "ignored": 1}, "unexpected", ("unexpected", 0)),
        ({"proposed": 1, "unexpected": 1, "used": 1}, "proposed", ("proposed", 0)),
        ({"mismatched": 1, "loaded": 4}, "mismatched", ("mismatched", 0)),
    ],
)
def test_a_module_that_is_taken_in_part_is_used(totals, worst, told):
    """How many of its keys are left over is said beside; what waits for a decision comes first, as always."""
    assert _told(totals, worst) == told
