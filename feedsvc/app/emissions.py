"""When feeds are made: one emission for all who committed at about the same time, and again when what they depend on changes."""

from __future__ import annotations

import asyncio
import hashlib
import time
from typing import TYPE_CHECKING

import feedsvc
from feedsvc import plugins
from feedsvc.shield import in_thread

if TYPE_CHECKING:
    from collections.abc import Callable

    from feedsvc.config import Config

_MOMENT = 0.1  # seconds for which an emission waits at least for others who are about to commit
_SHARE = (
    0.25  # of the time that the last one took, if that is longer: many small ones would render the same feeds often
)
_PATIENCE = 0.5  # seconds at most


class Emissions:
    """Calls `emit` in a thread, one call at a time, and as rarely as what was committed allows."""

    def __init__(self, emit: Callable[[], object]) -> None:
        self._emit = emit
        self._one = asyncio.Lock()
        self._begun = 0
        self._took = 0.0  # seconds, the last time

    async def after(self, *, alone: bool) -> None:
        """Return after an emission that began after this call; at once begins one for who is `alone`."""
        asked = self._begun
        async with self._one:
            if self._begun > asked:
                return
            if not alone:
                await asyncio.sleep(min(max(_MOMENT, _SHARE * self._took), _PATIENCE))
            self._begun += 1
            began = time.monotonic()
            await in_thread(self._emit)
            self._took = time.monotonic() - began


def emission_digest(config: Config) -> str:
    """Return a digest of all that the bytes of feeds depend on beside the articles."""
    kept = [source.name for source in config.sources if source.media != config.media]
    words = (config.title, config.url, config.language)
    # Without plugins the digest is the one that it was before there were any: that alone renders nothing anew.
    added = [found] if (found := plugins.versions(plugins.FORMATS)) else []
    parts = (feedsvc.__version__, *words, config.feeds, config.custom, config.media, kept, *added)
    return hashlib.sha256(repr(parts).encode()).hexdigest()
