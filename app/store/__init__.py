"""The database and the data folder; every query stands here."""

from app.store.database import Database, Transaction
from app.store.rows import EditRow, LibraryRow, NewEdit, SideRow, SnapshotRow, TransferRow

__all__ = ["Database", "EditRow", "LibraryRow", "NewEdit", "SideRow", "SnapshotRow", "Transaction", "TransferRow"]
