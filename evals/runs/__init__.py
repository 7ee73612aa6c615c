"""Evaluation runs: asking, scoring, storing, comparing."""
