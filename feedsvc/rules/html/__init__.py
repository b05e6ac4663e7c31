"""The HTML of an article: parse it, walk it once, write what is allowed."""
