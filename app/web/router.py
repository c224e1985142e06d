"""All routes of the page."""

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from app import paths
from app.web import (
    account,
    audit,
    between,
    choosing,
    composing,
    credentials,
    drawer,
    drawing,
    edits,
    exports,
    facets,
    files,
    history,
    home,
    importing,
    inbox,
    intake,
    jobs,
    lending,
    live,
    memory,
    new,
    people,
    replacing,
    reversing,
    review,
    rules,
    sharing,
    signing,
    status,
    table,
    triage,
    values,
    workspace,
)
from app.web.scenes import Scenes

_PARTS = (
    *(signing, account, people, audit, sharing),
    *(home, inbox, new, status, credentials, intake, choosing, files, lending, composing),
    *(workspace, drawing, edits, memory, rules, importing, drawer, history, exports, jobs, reversing, replacing, review, live),
    *(between, facets, triage, table, values),
)


def attach(app: FastAPI) -> None:
    """Put the page into an application: its routes, its static files, its cache of scenes."""
    app.state.scenes = Scenes()
    app.state.looks = files.Looks()
    app.mount("/static", StaticFiles(directory=paths.static()), name="static")
    for part in _PARTS:
        app.include_router(part.router, include_in_schema=False)
