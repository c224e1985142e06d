"""Transfers in the idioms of other frameworks; each says which keys it cannot reach, and what code remains."""

from app.dialects.dialect import Dialect, Dialected, LeftOver
from app.dialects.table import DIALECTS, write_dialect

__all__ = ["DIALECTS", "Dialect", "Dialected", "LeftOver", "write_dialect"]
