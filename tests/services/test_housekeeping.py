"""What nobody needs any more is put out."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.errors import NotFoundError
from app.services import example_files, housekeeping, sides
from app.services.cards import TransferCard
from app.services.house import House


def test_unused_sides_go_after_a_week(house: House, example: TransferCard) -> None:
    """With their files and trees; what a transfer uses stays."""
    stray = sides.upload(house, "stray.safetensors", example_files.checkpoint())
    assert housekeeping.tidy(house) == 0
    later = replace(house, clock=lambda: house.clock() + timedelta(days=8))
    assert housekeeping.tidy(later) == 1
    with pytest.raises(NotFoundError):
        sides.card(house, stray.id)
    assert sides.tree(house, example.target.id).tensors
    assert len(list(house.folder("uploads").iterdir())) == 1
