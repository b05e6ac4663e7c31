"""Kept pictures of articles: download them, decide which feeds show them, and check what is kept."""
