"""What Ragas makes of a run's answers, with a judge and without."""
