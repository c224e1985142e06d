"""Text as it can be kept and shown: half characters, which no encoding has, are replaced."""


def plain(text: str, most: int | None = None) -> str:
    """The text, cut after `most` characters."""
    cut = text if most is None else text[:most]
    return cut if cut.isascii() else cut.encode("utf-8", "replace").decode("utf-8")
