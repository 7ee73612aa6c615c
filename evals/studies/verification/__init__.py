"""Fits and measures verification on claims with and without support."""
