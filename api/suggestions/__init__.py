"""Suggested questions: those that a collection answers, and no others."""
