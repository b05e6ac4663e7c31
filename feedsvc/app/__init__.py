"""The composition root: the only room that knows the concrete parts.

config_file      finds config.toml and reads it
config_editor    adds sources to config.toml and keeps its comments
clock            the time of this machine
due_times        when each source is read next
network_health   does one source fail, or our own network?
loop_thread      an event loop in a thread of its own, in which sources are read
archive_access   the archive as the use cases see it: they read on their own connections, and its owner writes
emissions        one emission for all runs that committed at about the same time
extras           optional libraries that a configuration needs
service          puts lock, archive, readers, executors and publisher together: ingest and emit
subscriptions    subscription lists: a source of kind `opml` stands for the feeds in it
pictures/        kept pictures of articles: download, policy, maintenance
outbox           the worker thread that `mirror` and `websub` use; it ends within a bounded time
mirror/          publishing to another folder or to a bucket
websub           tells a WebSub hub which feeds changed
upkeep           replay, doctor, backup, withdrawals
health           the health of each source
dry_run          reads a source and stores nothing
"""

from __future__ import annotations

from feedsvc.app.archive_access import open_view
from feedsvc.app.config_file import find_config, read_config
from feedsvc.app.due_times import Planner
from feedsvc.app.health import Health, health_of
from feedsvc.app.service import Service, Stopped

__all__ = ["Health", "Planner", "Service", "Stopped", "find_config", "health_of", "open_view", "read_config"]
