"""Long work that outlives its process: a port, and the adapter to the engine that keeps it."""

from app.jobs.executor import gone, own_name
from app.jobs.port import Engine, Work

__all__ = ["Engine", "Work", "gone", "own_name"]
