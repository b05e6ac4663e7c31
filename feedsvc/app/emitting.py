"""One emission for all who committed at about the same time."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MOMENT = 0.1  # seconds for which an emission waits for others who are about to commit
_PATIENCE = (
    1.0  # seconds that it waits at most: as long as the last one took, so that half of the time is left for reading
)


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
                await asyncio.sleep(min(max(_MOMENT, self._took), _PATIENCE))
            self._begun += 1
            began = time.monotonic()
            await asyncio.to_thread(self._emit)
            self._took = time.monotonic() - began
