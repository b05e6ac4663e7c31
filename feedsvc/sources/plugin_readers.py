"""Readers of installed packages: what they raise is a failure of their source, and names the plugin."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from feedsvc.errors import SourceError, plugin_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from feedsvc.model import Failure, RawDocument, Skip, Source
    from feedsvc.plugins import Plugin
    from feedsvc.ports import Executor, Reader, Reading
    from feedsvc.sources.http.fetcher import Fetcher

log = logging.getLogger(__name__)


def guarded(plugin: Plugin, opener: Callable[[Fetcher, Executor], Reader]) -> Callable[[Fetcher, Executor], Reader]:
    """Return what makes the readers of `plugin`, each inside a `PluginReader`."""
    return lambda fetcher, executor: PluginReader(plugin, lambda: opener(fetcher, executor))


class PluginReader:
    """A reader that an installed package brings. Implements `feedsvc.ports.Reader`."""

    def __init__(self, plugin: Plugin, made: Callable[[], Reader]) -> None:
        self._plugin = plugin
        self._made = made

    async def read(self, source: Source, known: Mapping[str, str], now: datetime) -> Reading:
        """Return what the reader of the plugin gives; it is made here, so that making it may fail too.

        Raises:
            SourceError: the reader raised it, or anything else: then of kind "plugin".
        """
        with plugin_errors(self._plugin, _failed):
            reading = await self._made().read(source, known, now)
            return replace(reading, documents=self._documents(reading.documents))

    def _documents(self, documents: Iterable[RawDocument | Failure | Skip]) -> Iterator[RawDocument | Failure | Skip]:
        with plugin_errors(self._plugin, _failed):
            yield from documents


def _failed(said: str) -> SourceError:
    log.error("%s", said, exc_info=True)  # noqa: LOG014 - called while the exception is handled
    return SourceError(said, kind="plugin")
