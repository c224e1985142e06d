"""The database and the data folder; every query stands here."""

from app.store.database import Database, Transaction
from app.store.rows import EditRow, NewEdit, SideRow, SnapshotRow, TransferRow

__all__ = ["Database", "EditRow", "NewEdit", "SideRow", "SnapshotRow", "Transaction", "TransferRow"]
