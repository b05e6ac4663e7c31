"""Kept pictures in the archive: their files, their tables, and how feeds show them."""
