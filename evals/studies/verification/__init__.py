"""Verification: claims with and without support, what is fitted on them and what is measured."""
