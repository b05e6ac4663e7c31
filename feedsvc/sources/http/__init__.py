"""The HTTP client of remote sources: guarded, bounded and polite."""
