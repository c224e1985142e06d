"""The static builder: interprets constructors over allow-listed torch calls, and runs nothing."""

from app.definitions.static.preview import Preview, preview

__all__ = ["Preview", "preview"]
