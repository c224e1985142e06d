"""The database and the data folder; every query stands here."""

from app.store import job_table, people_tables
from app.store.database import Database, Transaction
from app.store.job_row import JobRow, JobState
from app.store.people_rows import AccountRow, InvitationRow, LinkRow, SessionRow, TeamRow, TokenRow
from app.store.rows import CommentRow, EditRow, LibraryRow, NewEdit, SideRow, SnapshotRow, TransferRow, VerdictRow

__all__ = [
    "AccountRow",
    "CommentRow",
    "Database",
    "EditRow",
    "InvitationRow",
    "JobRow",
    "JobState",
    "LibraryRow",
    "LinkRow",
    "NewEdit",
    "SessionRow",
    "SideRow",
    "SnapshotRow",
    "TeamRow",
    "TokenRow",
    "Transaction",
    "TransferRow",
    "VerdictRow",
    "job_table",  # so that every table is known together
    "people_tables",
]
