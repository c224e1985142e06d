"""The composition root: settings become a house, a house becomes an application. Nothing is made when this is imported."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response

from app import __version__, api, logs, messages, paths
from app.api.meter import Meter, Metered
from app.errors import KeygraftError, RefusedError
from app.gate import Doorkeeper, Entry, Gate, guard
from app.services import housekeeping, jobs, sandboxes
from app.services.house import LOCAL, House, new_id
from app.services.jobs.hands import Hands
from app.services.recent import Recent
from app.services.relaying import Relay, speak
from app.services.visitors import local
from app.services.watching import Watch
from app.settings import Settings
from app.store import people
from app.store.database import open_database

_LEAST_COMPRESSED = 1024
_LEAST_TOKEN = 16


def check(settings: Settings, house: House) -> None:
    """Refuse to be reachable by others without accounts, or a token that cannot be guessed. Raises RefusedError."""
    if settings.loopback:
        return
    token = settings.token.get_secret_value()
    if token and len(token) < _LEAST_TOKEN:
        raise RefusedError("token_short", least=_LEAST_TOKEN)
    if not token and not house.team:
        raise RefusedError("bind_without_token", host=settings.host)


def open_house(settings: Settings, *, alone: bool = False) -> House:
    """Make the data folder and the database, and wire the services; `alone`: without a worker, for this is one."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        settings.data.chmod(0o700)
    except OSError as error:
        raise KeygraftError("data_folder", path=str(settings.data), why=error.strerror or "") from error
    database = open_database(settings.database)
    hands = Hands(settings, lambda: jobs.any_unfinished(database), lambda: jobs.give_up(database), lambda: house.alone)
    house = House(
        settings,
        database,
        evaluated=Recent(settings.cached_workspaces),
        hands=None if alone or not settings.workers else hands,
        **sandboxes.doors(sandboxes.workshop_of(settings)),
    )
    house = replace(house, closing=(*house.closing, *_between_processes(house, alone=alone)))
    with database.write() as tx:
        people.ensure(tx, LOCAL, messages.text("person-local"), house.clock())
    return house


def _between_processes(house: House, *, alone: bool) -> Iterator[Callable[[], object]]:
    """Let this process and the others that use its database hear of each other: where it does one thing only, it tells and does not listen."""
    if not house.database.shared:
        if not alone:
            yield Watch(house).close
    elif alone:
        speak(house.database, house.hub, new_id())
    else:
        yield Relay(house.database, house.hub, house.presence, new_id(), house.clock).close


def create_app(settings: Settings, *, house: House | None = None, entry: Entry | None = None) -> FastAPI:
    """Make the application. `house` and `entry` are made from the settings where they are not given. Raises RefusedError."""
    inside = house or open_house(settings)
    try:
        check(settings, inside)
    except RefusedError:
        inside.close()
        raise
    door = entry or Entry(settings)
    keeper = Doorkeeper(settings, door, inside, local(messages.text("person-local")))
    meter = Meter()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        inside.background.submit(housekeeping.tidy, inside)
        inside.background.submit(jobs.go_on, inside)
        yield
        inside.close()

    app = FastAPI(
        title=messages.text("app-name"),
        summary=messages.text("app-tagline"),
        version=__version__,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        dependencies=[Depends(guard)],
        middleware=[
            Middleware(Metered, meter=meter),
            Middleware(Gate, settings=settings, entry=door, keeper=keeper, respond=respond, unexpected=unexpected),
            Middleware(GZipMiddleware, minimum_size=_LEAST_COMPRESSED),
        ],
        exception_handlers={KeygraftError: _answer, RequestValidationError: _invalid, HTTPException: _by_status},
    )
    app.state.meter = meter
    app.state.settings = settings
    app.state.keeper = keeper
    app.state.house = inside
    app.state.entry = door
    api.attach(app)
    _attach_page(app)
    return app


def _has_page() -> bool:
    return (paths.templates() / "error.html").is_file()


def _attach_page(app: FastAPI) -> None:
    if _has_page():
        from app import web

        web.attach(app)


def respond(request: Request, error: KeygraftError) -> Response:
    """Answer an error in the form of the face that was asked."""
    if _is_api(request) or not _has_page():
        return api.failure(error)
    from app.web.failures import respond as on_page

    return on_page(request, error)


async def _answer(request: Request, error: Exception) -> Response:
    if not isinstance(error, KeygraftError):
        raise error
    logs.logger().info("refused", code=error.code, status=error.status)
    return respond(request, error)


def unexpected(error: Exception) -> KeygraftError:
    """Note where a defect of ours showed, and say so calmly."""
    said = api.UnexpectedError("internal", reference=logs.new_reference())
    logs.logger().error("unexpected", reference=said.params["reference"], **logs.kind(error))
    return said


async def _invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    return respond(request, api.refused(error))


async def _by_status(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return respond(request, api.of_status(request, error))


def _is_api(request: Request) -> bool:
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    return path.startswith("/api/") or path in {"/metrics", "/readyz", "/livez"}
