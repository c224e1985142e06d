"""The ops of the plan language: closed set, each a value with its shape rule."""

from app.mapping.ops.op import Example, Op, Operands, Parameter
from app.mapping.ops.table import OPS, op_named
from app.mapping.ops.value import Value, words

__all__ = ["OPS", "Example", "Op", "Operands", "Parameter", "Value", "op_named", "words"]
