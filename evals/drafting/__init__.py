"""Drafts questions from documents, for a person to accept."""
