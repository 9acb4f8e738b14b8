"""Readers of ``params/``: limits, scales, rules and the run, each with its source and status."""
