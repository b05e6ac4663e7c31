"""Where documents come from: the adapters that read.

To add a kind: one file here with a `feedsvc.ports.Reader`, and one line in `feedsvc.model.catalog.KINDS`, which names what
makes the reader: a class or function that is called with the fetcher and the executor.

Importing this package brings neither network library nor parser; the first remote source that is read does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from feedsvc import plugins
from feedsvc.model import catalog
from feedsvc.model.members import Members, callable_member
from feedsvc.sources.http.fetcher import Fetcher
from feedsvc.sources.plugin_readers import guarded

if TYPE_CHECKING:
    from collections.abc import Callable

    from feedsvc.ports import Executor, Reader

    Opener: TypeAlias = Callable[[Fetcher, Executor], Reader]

# By name, without subscription lists, which have no reader: `feedsvc.sources.opml` makes feed sources of them.
KINDS: Members[catalog.Kind, Opener] = Members(
    catalog.KINDS, lambda kind: kind.reader, callable_member, group=plugins.KINDS, guard=guarded
)

__all__ = ["KINDS", "Fetcher"]
