"""Find the optional libraries that a configuration needs and that are not installed.

To add one: a line in `_needs`, and the extra in pyproject.toml.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from feedsvc.errors import ConfigError, missing_library
from feedsvc.model.catalog import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feedsvc.config import Config

_OF_CODINGS = {"br": "brotli", "zstd": "zstandard"}


def missing_extras(config: Config) -> tuple[str, ...]:
    """Return one sentence for each key of `config` that needs a library which is not installed, with the remedy."""
    found: dict[str, str] = {}
    for key, library, extra in _needs(config):
        if key not in found and not _is_there(library):
            found[key] = f"{key}: {missing_library(library, extra)}"
    return tuple(found.values())


def require_extras(config: Config) -> None:
    """Raise ConfigError if `missing_extras` finds a missing library."""
    if problems := missing_extras(config):
        raise ConfigError(*problems)


def _needs(config: Config) -> Iterator[tuple[str, str, str]]:
    """Yield each key that needs an optional library, the library, and the extra of this package that installs it."""
    for source in config.sources:
        # If the source has a selector for its articles, no library has to find the article in the page.
        if (source.full_text or KINDS[source.kind].pages) and not source.rules.content:
            key = f"source[{source.name}].{'full_text' if source.full_text else 'kind'}"
            yield key, "trafilatura", "fulltext"
            yield key, "lxml-html-clean", "fulltext"
    for coding in config.feeds.compress:
        if coding in _OF_CODINGS:
            yield f"feeds.compress: {coding!r}", _OF_CODINGS[coding], "compress"
    if config.publish.to.startswith("s3://"):
        yield "publish.to", "obstore", "s3"


def _is_there(library: str) -> bool:
    try:
        return importlib.util.find_spec(library.replace("-", "_")) is not None
    except ImportError:
        return False
