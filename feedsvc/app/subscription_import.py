"""Turn a subscription list (OPML) into tables of config.toml, with the names that a source of kind `opml` would use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feedsvc.errors import ConfigError, DocumentError
from feedsvc.sources.opml import MAX_OUTLINES, Outline, Subscriptions, read_outlines, source_name

if TYPE_CHECKING:
    from pathlib import Path

_MOST = 16 << 20  # bytes


def read_subscriptions(file: Path) -> Subscriptions:
    """Return the subscriptions in the OPML `file`.

    Raises:
        ConfigError: the file cannot be read, is too large, or is not a subscription list.
    """
    try:
        with file.open("rb") as opened:
            body = opened.read(_MOST + 1)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror or error}") from error
    if len(body) > _MOST:
        raise ConfigError(f"{file} has more than {_MOST >> 20} MiB; {MAX_OUTLINES} subscriptions take far less")
    try:
        return read_outlines(body)
    except DocumentError as error:
        raise ConfigError(f"{file}: {error}") from error


def table_of(outline: Outline) -> dict[str, str | list[str]]:
    """Return the `[[source]]` of one subscription."""
    table: dict[str, str | list[str]] = {"name": source_name(outline.url), "kind": "feed", "url": outline.url}
    if outline.title:
        table["title"] = outline.title
    if outline.folder:
        table["categories"] = ["/".join(outline.folder)]
    return table
