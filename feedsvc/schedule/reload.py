"""Read the configuration again, in a thread: no request waits while a reload waits for an emission, a hub or the archive."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from feedsvc.errors import ConfigError
from feedsvc.shield import in_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from feedsvc.config import Config
    from feedsvc.model import RunReport

log = logging.getLogger(__name__)


class Reloadable(Protocol):
    """A service that can change its configuration while it runs; part of `feedsvc.schedule.DaemonService`."""

    async def ingest(self, names: Sequence[str]) -> Sequence[RunReport]:
        """Read the sources `names`, emit what changed, and plan their next runs."""
        ...

    def reload(self, config: Config) -> None:
        """Use `config` from now on; raise ConfigError when the change needs a restart. May be called in any thread."""
        ...


@dataclass(slots=True, kw_only=True)
class Reloads:
    """Reads the configuration again on request, one read at a time.

    If the new configuration is wrong, the old one stays in use and the log says why.
    """

    service: Reloadable
    reread: Callable[[], Config]
    reloaded: Callable[[Config], None] | None  # called with the new configuration, in the event loop
    _wanted: bool = False  # a reload was requested after the last one began
    _task: asyncio.Task[None] | None = None

    def ask(self) -> None:
        """Start a reload; if one is running, start another after it."""
        self._wanted = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="feedsvc-reload")

    async def ended(self) -> None:
        """Wait for the reload that is running, if any."""
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        while self._wanted:
            self._wanted = False
            try:
                await self._once()
            except ConfigError as error:
                log.error("the configuration stays as it was: %s", error)  # noqa: TRY400 - the user's mistake, no bug
            except Exception:
                log.exception(
                    "the configuration was not taken whole, or its feeds were not published: restart the service"
                )

    async def _once(self) -> None:
        config = await in_thread(self.reread)
        await in_thread(partial(self.service.reload, config))
        if self.reloaded is not None:
            self.reloaded(config)
        log.info("the configuration was read again: %d sources", len(config.sources))
        # This reads no source, and publishes the feeds that are new or have a new name.
        await self.service.ingest(())
