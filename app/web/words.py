"""The sentences that the page's scripts say; handed over as JSON, holes as `{name}`."""

from app import messages
from app.web.lending_words import LENDING

SPOKEN: dict[str, tuple[str, ...]] = LENDING | {
    "js-lost": (),
    "js-retry": (),
    "js-undo": (),
    "js-dismiss": (),
    "js-saving": (),
    "js-saved": ("version",),
    "js-slow": (),
    "js-slow-rows": (),
    "js-cancelling": (),
    "js-policies-for": ("count",),
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
    "js-reading-only": (),
    "js-no-partner": (),
    "js-changed-file": ("name",),
    "js-fetching": ("address",),
    "js-fetched": ("received",),
    "js-cancel": (),
    "js-newer": ("version",),
    "js-slower": (),
    "js-slower-why": (),
    "js-gone": (),
    "js-put-away": ("title",),
    "js-brought-back": ("title",),
    "js-renamed": ("title",),
    "js-deleted": ("title",),
    "js-signed-out": (),
    "js-sign-in": (),
    "js-rights-fewer": (),
    "js-rights-more": (),
    "js-show-anew": (),
}


def spoken(language: str = messages.DEFAULT_LANGUAGE) -> dict[str, str]:
    """Every sentence, its holes still open."""
    return {
        name.removeprefix("js-"): messages.text(name, language, **{hole: f"{{{hole}}}" for hole in holes}) for name, holes in SPOKEN.items()
    }
