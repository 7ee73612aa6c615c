"""Runs of questions: asked, scored, stored, compared."""
