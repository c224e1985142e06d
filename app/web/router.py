"""All routes of the page."""

from fastapi import APIRouter, FastAPI
from starlette.staticfiles import StaticFiles

from app import paths
from app.web import (
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
    new,
    reversing,
    rules,
    workspace,
)
from app.web.scenes import Scenes

router = APIRouter(include_in_schema=False)
for part in (home, new, intake, files, lending, workspace, drawing, edits, rules, importing, drawer, history, exports, reversing, live):
    router.include_router(part.router)


def attach(app: FastAPI) -> None:
    """Put the page into an application: its routes, its static files, its cache of scenes."""
    app.state.scenes = Scenes()
    app.state.looks = files.Looks()
    app.mount("/static", StaticFiles(directory=paths.static()), name="static")
    app.include_router(router)
