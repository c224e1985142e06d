"""The ops of the plan language: closed set, each a value with its shape rule."""

from app.mapping.ops.kernels import KERNELS, Kernel, print_kernel
from app.mapping.ops.op import Example, Op, Operands, Parameter
from app.mapping.ops.table import OPS, op_named, ops_table
from app.mapping.ops.value import Value, words

__all__ = ["KERNELS", "OPS", "Example", "Kernel", "Op", "Operands", "Parameter", "Value", "op_named", "ops_table", "print_kernel", "words"]
