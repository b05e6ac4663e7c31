"""Names for what comes without types, so that signatures say what a thing is though a checker cannot."""

from __future__ import annotations

from typing import Any, TypeAlias

Datasette: TypeAlias = Any  # datasette.app.Datasette
Request: TypeAlias = Any  # datasette.utils.asgi.Request
Database: TypeAlias = Any  # datasette.database.Database
Cursor: TypeAlias = Any  # sqlite3.Cursor
Results: TypeAlias = Any  # datasette.database.Results
SqliteRow: TypeAlias = Any  # sqlite3.Row
Connection: TypeAlias = Any  # sqlite3.Connection; the module lives in store
