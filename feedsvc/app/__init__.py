"""The composition root: the only room that knows the concrete parts.

configuring    where config.toml is, and what stands in it
planning       when each source is read next
reach          is it the source, or our own network?
looping        an event loop in a thread of its own, in which sources are read
turns          who may use the archive now
emitting       one emission for all who committed at about the same time
service        lock, archive, readers, executors and publisher put together: ingest and emit
upkeep         replay, doctor, backup
health         how the sources are
"""

from __future__ import annotations

from feedsvc.app.config_file import find_config, read_config
from feedsvc.app.due_times import Planner
from feedsvc.app.health import Health, health_of
from feedsvc.app.service import Service, Stopped, open_view

__all__ = ["Health", "Planner", "Service", "Stopped", "find_config", "health_of", "open_view", "read_config"]
