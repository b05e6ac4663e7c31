"""What one SQL query of a visitor may name, and what it may cost: Datasette has a limit of time, and no other.

    request -> stored(...)? -> thread -> within(work): limits of this query -> SQLite asks `_Guard.judge` of each name

SQLite looks at the clock between two instructions, and memory is spent before it looks: so that what one instruction may do
is bounded here. The values are those that SQLite advises against hostile SQL (https://www.sqlite.org/security.html), where
Datasette and people can live with them.
"""

from __future__ import annotations

import threading
import weakref
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, TypeVar

from feedsvc.serve import bounded, permitted

if TYPE_CHECKING:
    from collections.abc import Callable

    from feedsvc.serve.types import Connection, Cursor, Datasette, SqliteRow

T = TypeVar("T")

VALUE: Final = 1_000_000  # bytes of one value in SQL that a visitor wrote
# and where all that a visitor chooses is which rows of a table are shown: an article of any length is shown there
STORED_VALUE: Final = 20_000_000
_LENGTH, _SQL_LENGTH, _VDBE_OP = 0, 1, 5  # SQLITE_LIMIT_LENGTH of sqlite3.h, and so on
_LIMITS = {
    _SQL_LENGTH: 100_000,  # bytes of one statement
    2: 100,  # COLUMN: of a row, each with a value of a megabyte
    3: 100,  # EXPR_DEPTH
    4: 50,  # COMPOUND_SELECT: parts of a union
    _VDBE_OP: 25_000,  # instructions of one statement; a row of labels needs one for each
    6: 100,  # FUNCTION_ARG
    8: 200,  # LIKE_PATTERN_LENGTH: bytes, each compared with each of a value: 0.5 s in one instruction
    9: 5_000,  # VARIABLE_NUMBER: Datasette asks for the labels of a page of rows at once
    10: 10,  # TRIGGER_DEPTH
    11: 0,  # WORKER_THREADS
}
_ATTACHED = 7
_HEAP = 768 << 20  # bytes that all of SQLite may have in this process: a query fails before the process does
_CREATE_VTABLE, _PRAGMA, _READ, _ATTACH, _FUNCTION = 29, 19, 20, 24, 31  # actions of sqlite3.h
_OK, _DENY, _IGNORE = 0, 1, 2  # IGNORE: it does nothing, and has no rows
_ROW = 32_000  # bytes of a row that an answer may have, on average over as many rows as it may have
_INTERNAL = "_internal"  # Datasette 0.65's own database, which no visitor reaches; 1.0 does not show us its own

_stored: ContextVar[bool] = ContextVar("feedsvc_stored", default=False)
_here = threading.local()  # .guards: name of a database -> its connection and guard in this thread


def guard(connection: Connection, database: str, datasette: Datasette) -> None:
    """Judge and limit what is asked of `connection`, which belongs to the `database` of that name."""
    if database == _INTERNAL:
        return
    public = not datasette.setting("allow_download")  # whoever may have the file may know where it is
    attach = bool(getattr(datasette, "crossdb", False)) and database == "_memory"
    connection.execute(f"pragma hard_heap_limit = {_HEAP}")
    made = _Guard(connection, datasette.setting("max_returned_rows") * _ROW, public=public, attach=attach)
    bounded.register(connection, lambda: made.longest)
    for limit, value in _LIMITS.items():
        connection.setlimit(limit, value)
    if not attach:
        connection.setlimit(_ATTACHED, 0)
    connection.row_factory, connection.text_factory = made.row, made.text
    connection.set_authorizer(made.judge)
    _guards()[database] = (connection, made)
    _loosen(connection, made)


def stored(*, alone: bool) -> None:
    """Say of what this task asks from here on whether it shows rows as they are stored, and no more."""
    _stored.set(alone)


def within(work: Callable[[], T]) -> T:
    """Return `work()`, run in this thread under the limits of the task that asked for it; refusals say what was refused."""
    for connection, made in _guards().values():
        made.refused = ""
        _loosen(connection, made)
    try:
        return work()
    except Exception as error:
        if refusal := _refusal(error):
            raise refusal from error
        raise


def _guards() -> dict[str, tuple[Connection, _Guard]]:
    if not hasattr(_here, "guards"):
        _here.guards = {}
    found: dict[str, tuple[Connection, _Guard]] = _here.guards
    return found


def _loosen(connection: Connection, made: _Guard) -> None:
    longest = STORED_VALUE if _stored.get() else VALUE
    if made.longest != longest:
        made.longest = longest
        connection.setlimit(_LENGTH, longest)


def _refusal(error: Exception) -> Exception | None:
    """Return what is to be said instead of `error`, as the one kind of error of SQLite that Datasette shows to a visitor."""
    for connection, made in _guards().values():
        if said := _said(error, connection, made):
            return connection.OperationalError(said)  # type: ignore[no-any-return]
    return None


def _said(error: Exception, connection: Connection, made: _Guard) -> str:
    """Return which limit made `error`, "" where the message of SQLite says that, or it was none."""
    if isinstance(error, connection.DatabaseError) and made.refused:
        return made.refused
    if isinstance(error, connection.DataError):
        if hasattr(error, "sqlite_errorname"):
            return f"a value is larger than {made.longest:,} bytes; the whole of an article is on its own page"
        return f"the statement is longer than {_LIMITS[_SQL_LENGTH]:,} bytes"  # which Python's module says itself
    if isinstance(error, MemoryError):  # SQLite says the same of both limits
        return (
            f"the query is too large: it takes more than {_LIMITS[_VDBE_OP]:,} instructions, or all queries together more than"
            f" {_HEAP >> 20} MB of memory; ask for less at once"
        )
    return ""


class _Guard:
    """Judges what the SQL of one connection names, and counts what its answers weigh; `refused` says what was not allowed.

    It holds no connection: the connection holds it, and SQLite's callbacks are not seen by the collector of garbage.
    """

    def __init__(self, connection: Connection, limit: int, *, public: bool, attach: bool) -> None:
        self.longest = 0  # bytes of a value at present
        self.refused = ""
        self._functions = permitted.FUNCTIONS | (frozenset() if public else permitted.PRIVATE_FUNCTIONS)
        self._modules = frozenset(name for (name,) in connection.execute("select lower(name) from pragma_module_list"))
        self._pragmas = permitted.PRAGMAS | (frozenset() if public else permitted.PRIVATE_PRAGMAS)
        self._public = public
        self._attach = attach
        self._make: Callable[[Cursor, tuple[object, ...]], SqliteRow] | None = connection.row_factory
        self._refusal = connection.OperationalError
        self._limit = limit  # bytes of an answer
        self._cursor: Callable[[], Cursor | None] = lambda: None
        self._weight = 0  # bytes that came from it
        self._begun = 0  # bytes of text of the row that is being read

    def judge(self, action: int, first: str | None, second: str | None, *_: str | None) -> int:
        """Return whether SQLite may prepare what it asks about (sqlite3_set_authorizer)."""
        if action == _READ:
            return self._refuse("table", first) if self._is_foreign(first) else _OK
        if action == _FUNCTION:
            return _OK if (second or "").lower() in self._functions else self._refuse("function", second)
        if action == _PRAGMA:
            return self._pragma((first or "").lower(), second)
        if action == _CREATE_VTABLE and (second or "").lower() not in permitted.MODULES:
            return self._refuse("module", second)
        return self._refuse("file", first) if action == _ATTACH and not self._attach else _OK

    def _is_foreign(self, table: str | None) -> bool:
        """Return whether `table` is one that a module makes of nothing; what a pragma tells is judged when it is asked."""
        name = (table or "").lower()
        return name in self._modules and name not in permitted.MODULES and not name.startswith("pragma_")

    def _pragma(self, name: str, value: str | None) -> int:
        if name == "database_list" and self._public:  # it has the path of the archive; Datasette asks for it
            return _IGNORE
        allowed = name in permitted.PRAGMAS_OF or (value is None and name in self._pragmas)
        return _OK if allowed else self._refuse("pragma", name)

    def _refuse(self, kind: str, name: str | None) -> int:
        self.refused = f"{kind} {name} is not allowed"
        return _DENY

    def text(self, value: bytes) -> str:
        """Return a text of a row; refuse the row while it is being read where it is too large already."""
        self._begun += len(value)
        if self._begun > self._limit:
            self._begun = 0
            raise self._refusal(self._too_large())
        return str(value, "utf-8", "replace")

    def row(self, cursor: Cursor, values: tuple[object, ...]) -> SqliteRow:
        """Return a row; refuse an answer that is too large in all: each value alone may be small enough."""
        self._begun = 0
        if self._cursor() is not cursor:
            self._cursor, self._weight = weakref.ref(cursor), 0  # to hold it would hold its transaction
        self._weight += sum(len(value) for value in values if isinstance(value, str | bytes))
        if self._weight > self._limit:
            raise self._refusal(self._too_large())
        return self._make(cursor, values) if self._make else values

    def _too_large(self) -> str:
        return f"the answer is larger than {self._limit // 1_000_000} MB; ask for fewer rows or columns"
