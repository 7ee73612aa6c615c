"""Abstention: what is fitted, and what is measured."""
