"""Where templates and static files lie: inside an installed package, or beside it in a checkout."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
LOCALES = PACKAGE / "locales"


def assets() -> Path:
    """Folder that holds `templates/` and `static/`."""
    shipped = PACKAGE / "_assets"
    return shipped if shipped.is_dir() else PACKAGE.parent


def templates() -> Path:
    """Folder of the Jinja templates."""
    return assets() / "templates"


def static() -> Path:
    """Folder of what the browser loads."""
    return assets() / "static"
