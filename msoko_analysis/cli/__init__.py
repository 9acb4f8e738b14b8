"""The ``msoko`` command."""

from msoko_analysis.cli.commands import app, main

__all__ = ["app", "main"]
