"""All routes of the page."""

from fastapi import APIRouter, FastAPI
from starlette.staticfiles import StaticFiles

from app import paths
from app.web import (
    choosing,
    drawer,
    drawing,
    edits,
    exports,
    files,
    history,
    home,
    importing,
    intake,
    lending,
    live,
    memory,
    new,
    reversing,
    rules,
    status,
    workspace,
)
from app.web.scenes import Scenes

router = APIRouter(include_in_schema=False)
for part in (
    *(home, new, status, intake, choosing, files, lending),
    *(workspace, drawing, edits, memory, rules, importing, drawer, history, exports, reversing, live),
):
    router.include_router(part.router)


def attach(app: FastAPI) -> None:
    """Put the page into an application: its routes, its static files, its cache of scenes."""
    app.state.scenes = Scenes()
    app.state.looks = files.Looks()
    app.mount("/static", StaticFiles(directory=paths.static()), name="static")
    app.include_router(router)
