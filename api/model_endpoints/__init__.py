"""Connecting models: their endpoints are found, tested, stored and changed while the service runs."""
