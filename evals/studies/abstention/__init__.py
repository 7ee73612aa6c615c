"""Fits and measures abstention."""
