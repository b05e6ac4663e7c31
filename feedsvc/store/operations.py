"""The operator's side of the archive, ops.db: runs, fetches, the quarantine and when each source is due.

None of it is needed to be correct, so it is written beside the archive's transactions, not inside them: a failure before the
batch that lets its document rest, a report after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from feedsvc.store import instants
from feedsvc.store.connection import open_readable, open_writable, sqlite_errors, write
from feedsvc.store.schema import OPS_MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime
    from pathlib import Path

    from feedsvc.model import Failure, RunReport
    from feedsvc.ports import Fetch

_KEPT_RUNS = 1000  # of one source
_KEPT_FETCHES = 1000  # of one source
_BODY = 1 << 20  # bytes of a failed document that are kept here; captures.db has the whole where it could be read


class Operations:
    """The operations file at `path`; one writer at a time."""

    def __init__(self, path: Path, program: str, *, readonly: bool = False) -> None:
        self.path = path
        self.program = program
        self.db = (open_readable if readonly else open_writable)(path, OPS_MIGRATIONS)

    def quarantine(self, failures: Sequence[Failure], at: datetime) -> None:
        """Keep each failure, or note that it happened again."""
        if not failures:
            return
        now = instants.written(at)
        with write(self.db, self.path) as connection:
            connection.executemany(
                "insert into failures (source, locator, stage, kind, reason, trace, fingerprint, digest, body, media_type,"
                " first_seen, last_seen, program) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " on conflict (source, locator) do update set stage = excluded.stage, kind = excluded.kind,"
                " reason = excluded.reason, trace = excluded.trace, fingerprint = excluded.fingerprint,"
                " digest = excluded.digest, body = excluded.body, media_type = excluded.media_type,"
                " last_seen = excluded.last_seen, program = excluded.program, tries = tries + 1, resolved = null",
                [
                    (
                        *(f.source, f.locator, f.stage, f.kind, f.reason, f.trace, f.fingerprint, f.digest),
                        *(None if f.body is None else f.body[:_BODY], f.media_type, now, now, self.program),
                    )
                    for f in failures
                ],
            )

    def resolve(self, source: str, documents: AbstractSet[str], failed: AbstractSet[str], at: datetime) -> None:
        """Note that `documents`, or items of them, were understood after all or went away; those at `failed` were not."""
        rows = self._rows("select locator from failures where source = ? and resolved is null", source)
        places = [row["locator"] for row in rows]
        mended = [each for each in places if each not in failed and not documents.isdisjoint(documents_of(each))]
        if mended:
            with write(self.db, self.path) as connection:
                connection.executemany(
                    "update failures set resolved = ? where source = ? and locator = ?",
                    [(instants.written(at), source, each) for each in mended],
                )

    def record(self, report: RunReport, fetches: Sequence[Fetch]) -> None:
        """Keep the report of a finished run and its fetches; the oldest beyond a thousand of a source go."""
        finished = instants.written(report.finished or report.started)
        with write(self.db, self.path) as connection:
            connection.execute(
                "insert into runs (source, started, finished, outcome, seen, read, added, revised, moved, unchanged,"
                " skipped, failed, gone, error) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    *(report.source, instants.written(report.started), finished, report.outcome, report.seen),
                    *(report.read, report.added, report.revised, report.moved, report.unchanged, report.skipped),
                    *(report.failed, report.gone, report.error),
                ],
            )
            connection.executemany(
                "insert into fetches (source, at, url, final_url, status, outcome, wire_bytes, body_bytes, seconds, error)"
                " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        *(report.source, finished, f.url, f.final_url, f.status, f.outcome),
                        *(f.wire_bytes, f.body_bytes, f.seconds, f.error),
                    )
                    for f in fetches
                ],
            )
            for table, kept in (("runs", _KEPT_RUNS), ("fetches", _KEPT_FETCHES)):
                connection.execute(
                    f"delete from {table} where source = ? and id <= (select id from {table} where source = ?"
                    " order by id desc limit 1 offset ?)",
                    [report.source, report.source, kept],
                )

    def plan(self, report: RunReport, due: datetime) -> None:
        """Note how a run of a source ended and when the next is due."""
        finished = report.finished or report.started
        failed = report.outcome not in ("ok", "unchanged")
        now = instants.written(finished)
        with write(self.db, self.path) as connection:
            connection.execute(
                "insert into source_state (source, due, failures, last_try, last_ok, last_change, error, error_kind)"
                " values (:source, :due, :failed, :now, :ok, :change, :error, :kind) on conflict (source) do update set"
                " due = :due, last_try = :now, failures = case when :failed then failures + 1 else 0 end,"
                " last_ok = coalesce(:ok, last_ok), last_change = coalesce(:change, last_change), error = :error,"
                " error_kind = :kind",
                {
                    "source": report.source,
                    "due": instants.written(due),
                    "failed": int(failed),
                    "now": now,
                    "ok": None if failed else now,
                    "change": now if report.added or report.revised else None,
                    "error": report.error,
                    "kind": report.outcome if failed else "",
                },
            )

    def states(self) -> dict[str, dict[str, Any]]:
        """Return source -> its row of `source_state`."""
        return {str(row["source"]): row for row in self._rows("select * from source_state")}

    def failures(self) -> list[dict[str, Any]]:
        """Return the open quarantine without bytes and traces, newest first."""
        return self._rows(
            "select id, source, locator, stage, kind, reason, first_seen, last_seen, tries, program from failures"
            " where resolved is null order by last_seen desc, id desc"
        )

    def failure(self, number: int) -> dict[str, Any] | None:
        """Return one row of the quarantine, whole."""
        return next(iter(self._rows("select * from failures where id = ?", number)), None)

    def last_runs(self) -> dict[str, dict[str, Any]]:
        """Return source -> its last run."""
        rows = self._rows("select * from runs where id in (select max(id) from runs group by source)")
        return {row["source"]: row for row in rows}

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def _rows(self, sql: str, *values: str | int) -> list[dict[str, Any]]:
        with sqlite_errors(self.path):
            return list(self.db.query(sql, values))


def documents_of(place: str) -> list[str]:
    """Return the documents that a failure at `place` can be of: a locator, which may hold a "#", or "locator#item"."""
    return [place, *(place[:end] for end, character in enumerate(place) if character == "#")]
