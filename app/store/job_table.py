"""The table of jobs: what a person sees of one. How it runs is kept by the engine, in tables of its own."""

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from app.store.tables import Moment, metadata

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("transfer", ForeignKey("transfers.id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("spec", LargeBinary, nullable=False),
    Column("state", String(16), nullable=False),
    Column("stop", Boolean, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("resumed", Integer, nullable=False),
    Column("part", Integer, nullable=False),
    Column("parts", Integer, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("speed", Float, nullable=False),
    Column("result", LargeBinary),
    Column("error", LargeBinary),
    Column("executor", String(128), nullable=False),
    Column("seen", Moment),
    Column("author", ForeignKey("people.id"), nullable=False),
    Column("created", Moment, nullable=False),
    Column("started", Moment),
    Column("ended", Moment),
)

Index("ix_jobs_state", jobs.c.state, jobs.c.created)
Index("ix_jobs_transfer", jobs.c.transfer, jobs.c.created)
