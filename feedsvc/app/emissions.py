"""Decide when feeds are rendered: one emission serves all runs that committed at about the same time."""

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

# An emission waits for other runs that are about to commit, because many small emissions would render the same feeds
# again and again. It waits for this share of the time that the last emission took, within the two limits in seconds.
_SHARE = 0.25
_MOMENT = 0.1
_PATIENCE = 0.5


class Emissions:
    """Calls `emit` in a thread, one call at a time; one call serves every run that committed before it began."""

    def __init__(self, emit: Callable[[], object]) -> None:
        self._emit = emit
        self._one = asyncio.Lock()
        self._begun = 0
        self._took = 0.0  # duration of the last emission, in seconds

    async def after(self, *, alone: bool) -> None:
        """Wait for an emission that started after this call. If `alone` is true, start one immediately."""
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
    """Return a digest of everything but the articles that the bytes of feeds depend on."""
    kept = [source.name for source in config.sources if source.media != config.media]
    words = (config.title, config.url, config.language)
    # Without plugins the digest is the same as before plugins existed, so that an upgrade alone renders nothing again.
    added = [found] if (found := plugins.versions(plugins.FORMATS)) else []
    parts = (feedsvc.__version__, *words, config.feeds, config.custom, config.media, kept, *added)
    return hashlib.sha256(repr(parts).encode()).hexdigest()
