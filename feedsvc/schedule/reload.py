"""The configuration read again, in a thread: an emission, a hub or a store that it waits for keeps no request waiting."""

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
    """What takes a changed configuration; `feedsvc.schedule.Service` is more than that."""

    async def ingest(self, names: Sequence[str]) -> Sequence[RunReport]:
        """Read the sources `names`, emit what changed, and plan their next runs."""
        ...

    def reload(self, config: Config) -> None:
        """Take `config`, in any thread; raise ConfigError when that needs a restart."""
        ...


@dataclass(slots=True, kw_only=True)
class Reloads:
    """Reads the configuration whenever that is asked for, once at a time; a broken one leaves the old one, and the log says why."""

    service: Reloadable
    reread: Callable[[], Config]
    reloaded: Callable[[Config], None] | None  # told of it, in the event loop
    _wanted: bool = False  # asked for since the last time that it was read
    _task: asyncio.Task[None] | None = None

    def ask(self) -> None:
        """Begin to read it, or do so once more after what is under way."""
        self._wanted = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="feedsvc-reload")

    async def ended(self) -> None:
        """Wait for what is under way."""
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
        await self.service.ingest(())  # reads nothing: feeds that are new, or are called otherwise, are published now
