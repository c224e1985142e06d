"""Pickles as data: an interpreter that builds values of our own and calls nothing.

Source of the format: CPython, Lib/pickletools.py.
"""

from app.readers.pickles.machine import Machine
from app.readers.pickles.values import Array, Blob, Call, Global, Mapped, Storage, Tensor

__all__ = ["Array", "Blob", "Call", "Global", "Machine", "Mapped", "Storage", "Tensor"]
