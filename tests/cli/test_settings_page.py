"""The page about settings says of each what the program says."""

from pathlib import Path

from app.cli.settings_table import listed


def test_every_setting_is_documented(root: Path) -> None:
    """With its meaning; a new one fails here until it is written down."""
    text = (root / "docs" / "settings.md").read_text("utf-8")
    for row in listed():
        assert f"`{row['name']}`" in text
        assert row["meaning"] in text
