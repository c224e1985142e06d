"""Text as it can be kept and shown: half characters, which no encoding has, and zeros, which PostgreSQL does not keep, are replaced."""


def plain(text: str, most: int | None = None) -> str:
    """The text, cut after `most` characters."""
    cut = (text if most is None else text[:most]).replace("\0", "\ufffd")
    return cut if cut.isascii() else cut.encode("utf-8", "replace").decode("utf-8")


_TEXTS = (".txt", ".csv", ".tsv", ".log", ".json", ".md")


def is_text(name: str) -> bool:
    """Whether a file is read as text by its name: a list of keys, an error message, a configuration; an index of shards is not."""
    return name.lower().endswith(_TEXTS) and not name.endswith(".index.json")
