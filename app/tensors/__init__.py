"""Recipes on real data. Imports torch: for workers, the command line and tests alone."""

from app.tensors.loading import Loader, raw_bytes, torch_dtype
from app.tensors.running import TensorError, run

__all__ = ["Loader", "TensorError", "raw_bytes", "run", "torch_dtype"]
