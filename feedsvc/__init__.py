"""feedsvc: an RSS/Atom feed and archival service. Never lose an article, subscribe to any slice, query all of it."""

__version__ = "0.1.0"
