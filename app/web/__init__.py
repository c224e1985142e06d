"""The page: routes for pages and fragments, and the live stream. Each handler parses, calls one service function, renders."""

from app.web.router import attach

__all__ = ["attach"]
