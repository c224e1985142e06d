"""What every test may ask for."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """Top of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Material that lies beside the checkout: corpus, checkpoints, hostile files. The program itself never reads it."""
    folder = ROOT.parent / "shared"
    assert folder.is_dir(), f"the tests need the folder {folder.name}/ beside the checkout"
    return folder
