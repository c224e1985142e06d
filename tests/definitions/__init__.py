"""Tests of app.definitions."""
