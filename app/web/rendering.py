"""Templates: one environment, autoescaped, where an undefined name is an error; every template gets a typed context."""

import time
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import jinja2
import msgspec
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app import messages, paths
from app.keys import Warned
from app.mapping.outcomes import Reason
from app.services.cards import Said
from app.viewing import plain, sizes
from app.web import browsers, markdown
from app.web.words import spoken

THEMES = ("system", "light", "dark")
DENSITIES = ("regular", "compact")
_PAUSE = 0.05
_LINES = 6000
"""Lines that are kept as they were written, about ten megabytes: after an edit nearly all of a window are the same."""


class Context(msgspec.Struct, frozen=True):
    """Base of what templates are given: the fields of a subclass are the template's names."""


@lru_cache(maxsize=1)
def environment() -> jinja2.Environment:
    """Return the environment of all templates."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(paths.templates()),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["t"] = messages.text
    made.globals["said"] = sentence
    made.globals["why"] = reason
    made.globals["warned"] = warning
    made.globals["markdown"] = markdown.rendered
    made.filters["shown"] = plain.safe
    made.filters["browser"] = browsers.named
    made.filters.update(
        count=sizes.count, short=sizes.short_count, bytes=sizes.bytes_text, shape=sizes.shape_text, percent=lambda value: f"{value:.2f}"
    )
    return made


@lru_cache(maxsize=1)
def compile_ahead() -> None:
    """Compile what the workspace fetches later, and read the sentences that are said there, with pauses for whoever waits: a first gesture need not pay for its template."""
    for name in environment().list_templates(filter_func=lambda each: each.startswith("transfer/_")):
        time.sleep(_PAUSE)
        environment().get_template(name)
    messages.parse_ahead(lambda: time.sleep(_PAUSE))


def sentence(said: Said) -> str:
    """Return the sentence of a message with its parameters."""
    return filled(said.message, said.params)


def filled(message: str, params: Mapping[str, object]) -> str:
    """Return the sentence of a message by its id."""
    return messages.text(message, messages.DEFAULT_LANGUAGE, None, **params)


def warning(given: Warned) -> str:
    """Return the sentence of a warning about a file."""
    return filled("warning-" + given.code.replace("_", "-"), given.params)


def reason(given: Reason) -> str:
    """Return the sentence of a reason; one that has no sentence yet is named by its code rather than lost."""
    name = "reason-" + given.code.replace("_", "-")
    return filled(name, given.params) if messages.has(name) else given.code.replace("_", " ")


def base_of(request: Request) -> str:
    """Path in front of every address; empty where there is none."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def site_of(request: Request) -> str:
    """What stands in front of a path in a link that is given to somebody: the address that people reach us under."""
    public: str = request.app.state.settings.public_url.rstrip("/")
    return public or f"{request.url.scheme}://{request.url.netloc}{base_of(request)}"


@lru_cache
def _stamp() -> str:
    """A short name for the state of all own static files, so that browsers fetch changed ones anew."""
    digest = blake2b(digest_size=6)
    for path in sorted(paths.static().rglob("*.*")):
        stat = path.stat()
        digest.update(f"{path.name}:{stat.st_size}:{stat.st_mtime_ns}".encode())
    return digest.hexdigest()


def fragment(request: Request, name: str, context: Context) -> str:
    """Render a template with its context."""
    base = base_of(request)
    given: dict[str, Any] = {field: getattr(context, field) for field in context.__struct_fields__}
    return (
        environment()
        .get_template(name)
        .render(
            url=lambda path: f"{base}{path}",
            static=lambda path: f"{base}/static/{path}?v={_stamp()}",
            base=base,
            theme=_cookie(request, "kg-theme", THEMES),
            density=_cookie(request, "kg-density", DENSITIES),
            words=words_json,
            visitor=request.state.visitor,
            rights=request.state.rights,
            shares=not request.app.state.house.alone,
            heard_until=request.app.state.house.hub.place,
            **({"team": request.state.team} | given),
        )
    )


@lru_cache(maxsize=_LINES)
def _line(name: str, line: msgspec.Struct) -> str:
    return environment().get_template(name).render(line=line)


def lines(name: str, shown: Iterable[msgspec.Struct]) -> str:
    """Render lines one below the other, each by a template that knows nothing but its `line`; those that were shown lately are not written again."""
    return "".join([_line(name, line) for line in shown])


def page(request: Request, name: str, context: Context, status: int = 200) -> Response:
    """Render a whole page or a fragment as a response."""
    return HTMLResponse(fragment(request, name, context), status, headers={"Cache-Control": "no-store"})


def data(value: object, status: int = 200) -> Response:
    """Answer a script of the page."""
    return Response(msgspec.json.encode(value), status, media_type="application/json", headers={"Cache-Control": "no-store"})


def words_json() -> Markup:
    """The sentences that scripts say, as JSON that is safe inside a script element."""
    return safe_json(spoken())


def safe_json(value: object) -> Markup:
    """Write JSON so that no text in it can end the element it stands in."""
    text = msgspec.json.encode(value).decode()
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704  # nothing of markup is left in it


def _cookie(request: Request, name: str, allowed: tuple[str, ...]) -> str:
    value = request.cookies.get(name, allowed[0])
    return value if value in allowed else allowed[0]
