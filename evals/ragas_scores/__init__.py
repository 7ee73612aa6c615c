"""Scores a run's answers with Ragas, with a judge and without."""
