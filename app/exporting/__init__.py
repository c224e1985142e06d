"""What people leave with: loader scripts, remapped files, plan files, reports."""

from app.exporting.applying import Applied, apply
from app.exporting.composition import composition, settled
from app.exporting.computing import computing
from app.exporting.content import ExportError, refuse_conflicts
from app.exporting.obstacles import BLOCKED, SCATTERED, Obstacle, obstacles
from app.exporting.options import FileOptions, ScriptOptions
from app.exporting.piece import Computed, Literal, OutputFile, PieceList, Range
from app.exporting.plan_files import plan_file, read_plan
from app.exporting.provenance import provenance
from app.exporting.remapped import pieces
from app.exporting.report_pages import report_html, report_markdown
from app.exporting.reporting import Check, Report, report, three_columns
from app.exporting.scripts import loader_script
from app.exporting.treemap import Tile, treemap
from app.exporting.writing import write, write_file

__all__ = [
    "BLOCKED",
    "SCATTERED",
    "Applied",
    "Check",
    "Computed",
    "ExportError",
    "FileOptions",
    "Literal",
    "Obstacle",
    "OutputFile",
    "PieceList",
    "Range",
    "Report",
    "ScriptOptions",
    "Tile",
    "apply",
    "composition",
    "computing",
    "loader_script",
    "obstacles",
    "pieces",
    "plan_file",
    "provenance",
    "read_plan",
    "refuse_conflicts",
    "report",
    "report_html",
    "report_markdown",
    "settled",
    "three_columns",
    "treemap",
    "write",
    "write_file",
]
