"""What scripts say about files that stay in the browser."""

LENDING: dict[str, tuple[str, ...]] = {
    "js-attach-looking": (),
    "js-attach-click": (),
    "js-attach-gone": (),
    "js-attach-other": ("file",),
    "js-attach-again": (),
    "js-attach-choose": (),
    "js-attach-folder": (),
    "js-attach-no-handles": (),
    "js-attach-plain-http": (),
    "js-compose-first": (),
    "js-compose-asking": (),
    "js-compose-begun": ("done", "total"),
    "js-compose-rate": ("done", "total", "speed", "left"),
    "js-compose-progress": (),
    "js-compose-done": ("name", "size", "seconds", "speed"),
    "js-compose-stopped": (),
    "js-compose-not-saved": (),
    "js-compose-save-as": ("name", "size"),
    "js-compose-no-picker": (),
    "js-compose-plain-http": (),
}
