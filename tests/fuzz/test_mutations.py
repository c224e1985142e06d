"""A short run of the fuzzer, always with the same seeds; `make fuzz` runs longer."""

from itertools import islice

import pytest

from app.readers import read
from app.sources import MemoryFiles
from tests.fuzz.mutations import LIMITS, cases, corpus, mishap


@pytest.mark.parametrize("name", corpus())
def test_the_corpus_itself_can_be_read(name: str) -> None:
    """Bending starts from files that are sound."""
    assert read(MemoryFiles({"file": corpus()[name]}), limits=LIMITS) is not None


def test_bent_files_end_in_a_tree_or_in_a_refusal() -> None:
    """Four thousand files, no other exception."""
    found = [(seed, name, trouble) for seed, name, data in islice(cases(1), 4000) if (trouble := mishap(name, data))]
    assert found == []
