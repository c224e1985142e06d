"""What people leave with: loader scripts, remapped files, plan files, reports."""

from app.exporting.options import FileOptions, ScriptOptions
from app.exporting.scripts import loader_script

__all__ = ["FileOptions", "ScriptOptions", "loader_script"]
