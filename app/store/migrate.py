"""Brings a database to the newest tables."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

TURN = text("SELECT pg_advisory_xact_lock(7235117)")
"""The lock at which all who write to a PostgreSQL database take turns; it ends with the transaction."""

_SCRIPTS = Path(__file__).parent / "migrations"


def to_newest(engine: Engine) -> None:
    """Run the migrations that the database lacks; safe when two processes start at once."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    with engine.connect().execution_options(keygraft_writes=True) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(TURN)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
