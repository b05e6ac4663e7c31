"""Feeds over HTTP: from files and memory, before Datasette sees the request."""
