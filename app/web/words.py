"""The sentences that the page's scripts say; handed over as JSON, holes as `{name}`."""

from app import messages

SPOKEN: dict[str, tuple[str, ...]] = {
    "js-lost": (),
    "js-retry": (),
    "js-undo": (),
    "js-dismiss": (),
    "js-saving": (),
    "js-saved": ("version",),
    "js-unsaved": (),
    "js-copied": (),
    "js-copy-by-hand": (),
    "js-pick-target": (),
    "js-pick-source": (),
    "js-pick-first": (),
    "js-map": (),
    "js-map-pair": ("source", "target"),
    "js-nothing-waits": (),
    "js-elsewhere": ("version",),
    "js-reading": ("round",),
    "js-sent": ("sent", "size"),
    "js-cancelled": (),
    "js-no-file": (),
    "js-found": ("count",),
    "js-selected": ("name",),
    "js-mapped-many": ("count",),
    "js-error": (),
    "js-changed-file": ("name",),
    "js-fetching": ("address",),
    "js-fetched": ("received",),
    "js-cancel": (),
}


def spoken(language: str = messages.DEFAULT_LANGUAGE) -> dict[str, str]:
    """Every sentence, its holes still open."""
    return {
        name.removeprefix("js-"): messages.text(name, language, **{hole: f"{{{hole}}}" for hole in holes}) for name, holes in SPOKEN.items()
    }
