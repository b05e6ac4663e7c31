"""What the subscription lists last held, in ops.db: so that a list that cannot be read today takes no feed away.

A subscription that leaves its list is marked as gone and stays: the name of its source and its articles stay too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feedsvc.store import timestamps
from feedsvc.store.connection import sqlite_errors, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from feedsvc.model import CategoryPath
    from feedsvc.store.operations import Operations


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One feed of a list."""

    source: str  # name of the source that it stands for
    url: str  # with its secrets
    title: str
    folder: CategoryPath


def keep_subscriptions(ops: Operations, name: str, found: Sequence[Subscription], at: datetime) -> int:
    """Let the list `name` hold what was `found`, in that order; return how many others it held until now."""
    now = timestamps.written(at)
    with write(ops.db, ops.path) as connection:
        before = {row[0] for row in connection.execute(_HELD.format(columns="source"), [name])}
        connection.execute("update subscriptions set gone = ? where list = ? and gone is null", [now, name])
        connection.executemany(
            "insert into subscriptions (list, source, position, url, title, categories, seen) values (?, ?, ?, ?, ?, ?, ?)"
            " on conflict (list, source) do update set position = excluded.position, url = excluded.url,"
            " title = excluded.title, categories = excluded.categories, seen = excluded.seen, gone = null",
            [
                (name, each.source, position, each.url, each.title, json.dumps(each.folder, ensure_ascii=False), now)
                for position, each in enumerate(found)
            ],
        )
    return len(before - {each.source for each in found})


def held_subscriptions(ops: Operations, lists: Iterable[str]) -> dict[str, tuple[Subscription, ...]]:
    """Return what each of `lists` held when it was last read, in its order."""
    columns = "source, url, title, categories"
    with sqlite_errors(ops.path):
        return {
            name: tuple(
                Subscription(source=source, url=url, title=title, folder=tuple(json.loads(categories)))
                for source, url, title, categories in ops.db.conn.execute(_HELD.format(columns=columns), [name])
            )
            for name in lists
        }


_HELD = "select {columns} from subscriptions where list = ? and gone is null order by position"
