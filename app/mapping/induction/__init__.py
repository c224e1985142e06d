"""Few rules over families from many claims over single keys."""

from app.mapping.induction.inducing import induce

__all__ = ["induce"]
