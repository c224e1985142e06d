"""Tests of the automatic mapper."""
