"""What is odd about a plan on given trees, each with a counterexample."""

from app.mapping.linting.finding import Finding
from app.mapping.linting.linting import lint

__all__ = ["Finding", "lint"]
