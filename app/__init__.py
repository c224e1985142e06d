"""Keygraft: maps the keys of a checkpoint onto the keys of a model."""

__version__ = "0.1.0"
