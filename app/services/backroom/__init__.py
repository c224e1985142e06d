"""The back room: processes of our own for what takes seconds, so that a gesture never waits for the interpreter."""

from app.services.backroom.room import BackRoom

__all__ = ["BackRoom"]
