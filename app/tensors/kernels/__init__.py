"""Torch code of each kernel; a script that needs one carries its text, so each module stands by itself."""

from app.tensors.kernels.table import KERNELS

__all__ = ["KERNELS"]
