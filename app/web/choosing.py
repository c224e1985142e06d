"""Code whose model is to be chosen: build a candidate, tell its keys without running it, take these; folders of code; suggestions."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, UploadFile
from starlette.responses import Response

from app import definitions
from app.errors import KeygraftError
from app.services import condition, models
from app.services.models import Choice
from app.services.plain import plain
from app.web.asking import House, Visitor
from app.web.intake import slot
from app.web.rendering import Context, page
from app.web.unbuilt import UNBUILT, Unbuilt, foretold, unbuilt

router = APIRouter()


@router.post("/sides/{card}/build")
def build(
    request: Request,
    house: House,
    visitor: Visitor,
    card: str,
    candidate: Annotated[str, Form()],
    side: Annotated[str, Form(pattern="^[st]$")],
    arguments: Annotated[str, Form()] = "",
    edits: Annotated[str, Form()] = "",
    module: Annotated[str, Form()] = "",
    python: Annotated[str, Form()] = "",
    other: Annotated[str, Form()] = "",
    place: Annotated[str, Form(pattern="^[0-9]{0,6}$")] = "",
    way: Annotated[str, Form(pattern="^(build|preview|take)$")] = "build",
) -> Response:
    """Build the model that a class or factory makes, or tell its keys without running it.

    place -- names where on the page the answer goes that is no card; way -- which of the form's buttons was pressed
    """
    choice = Choice(candidate, arguments, edits, module, python)
    if way == "preview":
        return _told(request, house, card, choice, side, place)
    try:
        made = (
            models.take_preview(house, card, choice, by=visitor.person)
            if way == "take"
            else models.build(house, card, choice, by=visitor.person)
        )
    except UNBUILT as error:
        if not request.headers.get("HX-Request"):
            raise
        return unbuilt(request, error, side, place, lambda: _preview(house, card, choice))
    return slot(request, made, side, other)


def _preview(house: House, card: str, choice: Choice) -> definitions.Preview | None:
    try:
        return models.preview(house, card, choice)
    except KeygraftError:  # what hinders the preview too is what was said already
        return None


def _told(request: Request, house: House, card: str, choice: Choice, side: str, place: str) -> Response:
    shown = Unbuilt(side, place, "", "", "", "", "", foretold(models.preview(house, card, choice)), definitions.SNIPPET)
    answer = page(request, "new/_unbuilt.html", shown)
    answer.headers["HX-Retarget"] = f"#unbuilt-{side}-{place}"
    return answer


@router.post("/sides/project")
def project(
    request: Request,
    house: House,
    visitor: Visitor,
    files: list[UploadFile],
    side: Annotated[str, Form()],
    other: Annotated[str, Form()] = "",
) -> Response:
    """Take a dropped folder of Python; the names of the files are their paths in it."""
    given = {file.filename or "": file.file.read() for file in files}
    label = plain(next(iter(given), "").split("/")[0], 200) or "project"
    return slot(request, models.from_files(house, given, label, by=visitor.person), side, other)


class Suggested(Context, frozen=True):
    """Library models whose names go on as what was typed."""

    models: tuple[str, ...]


@router.get("/models")
def suggestions(request: Request, house: House, text: str = "") -> Response:
    """Suggest installed library models while a name is typed."""
    line = text.strip()
    door = line.partition(":")[0]
    wanted = door in definitions.LIBRARIES and "\n" not in line and "(" not in line
    found = condition.models(house, line, 40) if wanted else []
    return page(request, "new/_suggestions.html", Suggested(tuple(each.spec for each in found)))
