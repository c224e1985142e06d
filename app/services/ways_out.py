"""Every kind of export: in which group it is shown, what its file is called, what it is."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from app import messages
from app.dialects import DIALECTS
from app.exporting.literals import quoted, text_literal
from app.services.naming import module_of, stem_of

Group = Literal["code", "weights", "frameworks", "plan", "report"]
_PYTHON, _JSON, _PLAIN = "text/x-python; charset=utf-8", "application/json", "text/plain; charset=utf-8"
_MEDIA = {".py": _PYTHON, ".json": _JSON, ".csv": "text/csv; charset=utf-8"}


class Way(msgspec.Struct, frozen=True):
    """A kind of export.

    suffix -- of its file
    media  -- MIME type
    """

    kind: str
    group: Group
    suffix: str
    media: str

    @property
    def title(self) -> str:
        """What it is called."""
        return messages.text(f"export-{self.kind}")

    @property
    def about(self) -> str:
        """What it is good for, in a few words."""
        return messages.text(f"export-about-{self.kind}")

    def filename(self, title: str) -> str:
        """What the file of a transfer is called."""
        stem = stem_of(title)
        if self.kind == "script":
            return module_of(stem) + self.suffix
        if self.group == "frameworks":
            name = f"{stem}-{self.kind}"
            return (name.replace("-", "_") if self.suffix == ".py" else name) + self.suffix
        return stem + self.suffix

    def use(self, title: str, checkpoint: str, *, unread: bool = False) -> str:
        """One line that says how it is used, with the checkpoint's file by its name; `unread`: a loader script cannot open that file itself."""
        name = self.filename(title)
        given = {"checkpoint": text_literal(checkpoint), "word": quoted(checkpoint)}
        kind = "script-unread" if unread and self.kind == "script" else self.kind
        return messages.text(f"export-use-{kind}", file=name, module=name.removesuffix(self.suffix), **given)


_ALL = (
    Way("script", "code", ".py", _PYTHON),
    Way("safetensors", "weights", ".safetensors", "application/octet-stream"),
    Way("torch", "weights", ".pt", "application/octet-stream"),
    Way("torch-legacy", "weights", ".pth", "application/octet-stream"),
    *(Way(dialect.name, "frameworks", dialect.suffix, _MEDIA[dialect.suffix]) for dialect in DIALECTS.values()),
    Way("plan", "plan", ".plan.json", _JSON),
    Way("plan-text", "plan", ".plan.txt", _PLAIN),
    Way("approval", "plan", ".approval.json", _JSON),
    Way("report-html", "report", ".report.html", "text/html; charset=utf-8"),
    Way("report-markdown", "report", ".report.md", "text/markdown; charset=utf-8"),
    Way("report", "report", ".report.txt", _PLAIN),
)

WAYS: Mapping[str, Way] = {way.kind: way for way in _ALL}
"""Every kind by name, in the order in which they are shown."""
