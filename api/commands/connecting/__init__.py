"""Commands that connect models."""
