"""EXPORT: ways out as cards, options, a preview, copy and download, what torch says, and the job that writes the file."""

from pathlib import Path
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from app.errors import KeygraftError
from app.gate.middleware import POLICY
from app.messages import error_hint, error_text
from app.services import exports, files_out, jobs, workspaces
from app.services.cards import ExportKind
from app.services.export_options import is_inverse
from app.services.exports import Preview
from app.services.jobs import Job
from app.services.workspaces import Workspace
from app.viewing.meter import Meter
from app.web.asking import House, Visitor
from app.web.failures import Failure
from app.web.highlighting import LONGEST, coloured
from app.web.job_part import JobPart, part_of
from app.web.options import Option, alike, chosen_of, options_of
from app.web.rendering import Context, page
from app.web.scenes import scene_of

router = APIRouter()
GROUPS = ("code", "weights", "frameworks", "plan", "report")
SHOWN = 100
_FRAMES = POLICY.replace("default-src 'none';", "default-src 'none'; frame-src 'self';")
_FRAMED = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox"
)
"""A report is shown in a frame: it may bring its own style, and nothing in it can act, load or ask."""


class ExportPage(Context, frozen=True):
    """The page `/t/{id}/export`; `otherwise`: the file that is there was written with other options than are chosen now."""

    ws: Workspace
    meter: Meter
    kinds: tuple[ExportKind, ...]
    groups: tuple[str, ...]
    chosen: ExportKind
    options: tuple[Option, ...]
    inverse: bool
    query: str
    made: Preview
    code: Markup
    shortened: bool
    framed: bool
    lent: bool
    command: str
    job: JobPart | None
    otherwise: bool
    shown: int
    failure: Failure | None


@router.get("/t/{transfer}/export")
def export(request: Request, house: House, visitor: Visitor, transfer: str, kind: str = "script") -> Response:
    """Show the ways out, and one of them in full."""
    given = chosen_of(request.query_params, kind)
    ws = workspaces.open_workspace(house, transfer)
    kinds = exports.kinds(house, transfer, inverse=is_inverse(given))
    chosen = next((each for each in kinds if each.kind == kind), kinds[0])
    made, failure = _made(house, transfer, chosen, given)
    latest = _latest(house, ws, chosen.kind, given, visitor.person)
    shown = ExportPage(
        ws,
        scene_of(request, ws).meter,
        kinds,
        GROUPS,
        chosen,
        options_of(chosen.kind, given, reversible=len(ws.sources) == 1),
        is_inverse(given),
        urlencode(given),
        made,
        coloured(made.text, chosen.filename if chosen.previewed else "contents.txt"),
        len(made.text) > LONGEST,
        chosen.kind == "report-html",
        any(card.kind == "lent" for card in ws.source_cards.values()),
        exports.apply_line(house, transfer),
        latest,
        latest is not None and not alike(chosen.kind, latest.job.options, given),
        SHOWN,
        failure,
    )
    answer = page(request, "transfer/export.html", shown, failure.status if failure else 200)
    answer.headers["Content-Security-Policy"] = _FRAMES
    return answer


def _made(house: House, transfer: str, chosen: ExportKind, given: dict[str, str]) -> tuple[Preview, Failure | None]:
    """What is shown of an export; an option that cannot be is said beside the options, where it can be mended."""
    try:
        return (exports.shown(house, transfer, chosen.kind, given) if chosen.available else Preview("")), None
    except KeygraftError as error:
        return Preview(""), Failure(error.status, error.code, error_text(error), error_hint(error))


def _latest(house: House, ws: Workspace, kind: str, given: dict[str, str], by: str) -> JobPart | None:
    """The newest job with these options, else of this kind at all, as long as the transfer has not changed since."""
    found: list[Job] = jobs.listed(house, transfer=ws.id, by=by)
    fitting = [job for job in found if job.kind == "export" and job.what == kind and job.version == ws.version]
    chosen = next((job for job in fitting if alike(kind, job.options, given)), fitting[0] if fitting else None)
    return None if chosen is None else part_of(house, chosen)


@router.get("/t/{transfer}/report.html")
def report(request: Request, house: House, transfer: str) -> Response:
    """The HTML report, to be shown in a frame."""
    text = exports.preview(house, transfer, "report-html", dict(request.query_params))
    headers = {"Content-Security-Policy": _FRAMED, "X-Frame-Options": "SAMEORIGIN", "Cache-Control": "no-store"}
    return HTMLResponse(text.encode("utf-8", "replace"), headers=headers)


@router.post("/t/{transfer}/write/{kind}")
async def write(request: Request, house: House, visitor: Visitor, transfer: str, kind: str) -> Response:
    """Write remapped weights: the job, as a part of the page or, without scripts, as the page that shows it."""
    form = await request.form()
    given = chosen_of({name: str(value) for name, value in form.items()}, kind)
    job = await run_in_threadpool(lambda: files_out.start(house, transfer, kind, given, by=visitor.person))
    if request.headers.get("HX-Request") == "true":
        return await run_in_threadpool(page, request, "transfer/_job.html", part_of(house, job))
    address = f"{request.scope.get('root_path', '')}/t/{quote(transfer)}/export?{urlencode({'kind': kind, **given})}"
    return RedirectResponse(address, 303)


@router.get("/t/{transfer}/download/{kind}")
def download(request: Request, house: House, visitor: Visitor, transfer: str, kind: str) -> Response:
    """Hand an export over as a file."""
    made = exports.export(house, transfer, kind, dict(request.query_params), by=visitor.person)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(made.filename)}", "Cache-Control": "no-store"}
    if made.path:
        return FileResponse(Path(made.path), media_type=made.media_type, headers=headers)
    return Response(made.data, media_type=made.media_type, headers=headers)
