"""The page: routes for pages and fragments, and the live stream. Each handler parses, calls one service function, renders."""

from app.web.router import attach, router

__all__ = ["attach", "router"]
