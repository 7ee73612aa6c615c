"""Reads files: their text, structure and pictures."""

PARSER_VERSION = 6
"""Raise it by one with every change that makes a reader read a file in another way, or a new kind of warning.

It is stored with each version of a document: ``citewell reindex --reparse`` reads those again that have a lower one.
"""
