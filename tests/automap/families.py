"""All conversions that are written down here, by name."""

from collections.abc import Callable, Iterator
from typing import Any

from tests.automap import conversions
from tests.automap.conversions import Conversion
from tests.automap.format_conversions import FORMATS
from tests.automap.later_conversions import LATER
from tests.automap.sequence_conversions import SEQUENCES
from tests.automap.vision_conversions import VISION

FAMILIES: tuple[Callable[[], Conversion], ...] = (*conversions.FAMILIES, *VISION, *SEQUENCES, *LATER, *FORMATS)


def cases() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield name and case of each family."""
    for family in FAMILIES:
        made = family()
        yield family.__name__, {"source": made.source, "target": made.target, "truth": made.truth}
