"""Breaks ties by the primary key, so that a walk through the pages of a table, and a streamed CSV, has every row once.

Datasette asks for the first page of a sorted table by that column alone, and goes on behind its last row by the column and
the primary key. Rows that tie come first in the order of whatever index SQLite chose: where the first page ends among
them, those with a lower key are never shown, and those with a higher one twice. So the first page is asked for by both.

    filters_from_request: this is about a table  ->  Database.execute: `order by x limit n` becomes `order by x, id limit n`

What visitors ask in SQL of their own stays as they wrote it.
"""

from __future__ import annotations

import re
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feedsvc.serve.types import Database, Results

_NAME = r"(?:\w+|\[[^\]]+\])"
_SORTED = re.compile(rf"(?P<query>select .+ order by {_NAME}(?: desc)?)(?P<limit> limit \d+)", re.DOTALL)
_OF_ROWID = "select rowid, "  # how Datasette asks for a table without a primary key; a view has neither

_table: ContextVar[str] = ContextVar("_table", default="")  # that the page of this request is about


def note_table(table: str) -> None:
    """Note that the request that is answered now shows `table`; the query for its rows comes next."""
    _table.set(table)


def break_ties(database: Database) -> None:
    """Let `database` sort the rows of its tables by the primary key where the column asked for does not decide."""
    if getattr(database.execute, "breaks_ties", False):
        return
    plain = database.execute

    async def execute(sql: str, *values: object, **settings: object) -> Results:
        return await plain(await _decided(database, sql), *values, **settings)

    execute.breaks_ties = True  # type: ignore[attr-defined]
    database.execute = execute


async def _decided(database: Database, sql: str) -> str:
    """Return `sql` with the primary key behind its column, if it asks for the first page of the noted table."""
    table, found = _table.get(), _SORTED.fullmatch(sql)
    if not table or not found:
        return sql
    from datasette.utils import escape_sqlite  # noqa: PLC0415 - it is half imported when plugins are loaded

    if f" from {escape_sqlite(table)} " not in sql:
        return sql
    _table.set("")
    keys = await database.primary_keys(table) or (["rowid"] if sql.startswith(_OF_ROWID) else [])
    return ", ".join([found["query"], *map(escape_sqlite, keys)]) + found["limit"]
