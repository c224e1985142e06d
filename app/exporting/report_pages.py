"""The report as Markdown for a pull request, and as one HTML page that stands by itself."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.exporting.reporting import STATES, Report
from app.exporting.treemap import Tile
from app.messages import DEFAULT_LANGUAGE, text

COLOURS = {
    "loaded": "#3f8f63",
    "initialised": "#6b7fd7",
    "missing": "#c9a227",
    "mismatched": "#c4582f",
    "conflicting": "#a3293d",
}
"""Of the treemap; every tile also names its state."""


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "pages"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=select_autoescape(enabled_extensions=("html.jinja",), default=False),
    )
    environment.filters["code"] = code_span
    environment.filters["quantity"] = lambda number: f"{number:,}"
    return environment


def report_markdown(report: Report, language: str = DEFAULT_LANGUAGE) -> str:
    """Write the report as Markdown; keys and notes stand in code spans, so that nothing in them is markup."""
    return _page("report.md.jinja", report, [], language)


def report_html(report: Report, tiles: list[Tile], language: str = DEFAULT_LANGUAGE) -> str:
    """Write the report as one HTML file: no script, nothing loaded from elsewhere."""
    return _page("report.html.jinja", report, tiles, language)


def _page(name: str, report: Report, tiles: list[Tile], language: str) -> str:
    def say(message: str, **params: Any) -> str:
        return text(f"report-{message}", language, **params)

    return _environment().get_template(name).render(report=report, tiles=tiles, states=STATES, colours=COLOURS, say=say)


def code_span(value: str) -> str:
    """Write text as a code span of Markdown, table cells included: whatever it holds, it ends where it should."""
    plain = value if value.isprintable() else ascii(value)[1:-1]
    longest = run = 0
    for character in plain:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    fence = "`" * (longest + 1)
    space = " " if plain.startswith("`") or plain.endswith("`") or not plain.strip() else ""
    cell = plain.replace("|", "\\|")
    return f"{fence}{space}{cell}{space}{fence}"
