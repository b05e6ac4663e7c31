"""The operator's side of the archive, ops.db: runs, fetches, the quarantine and when each source is due.

None of it is needed to be correct, so it is written beside the archive's transactions, not inside them: a failure before the
batch that lets its document rest, a report after it.
"""

from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from feedsvc.pace import State
from feedsvc.store import timestamps
from feedsvc.store.connection import open_readable, open_writable, sqlite_errors, write
from feedsvc.store.schema import OPS_MIGRATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime
    from pathlib import Path

    from feedsvc.model import Failure, Gap, RunReport
    from feedsvc.ports import Fetch

_KEPT_RUNS = 1000  # of one source
_KEPT_FETCHES = 1000  # of one source
_BODY = 1 << 20  # bytes of a failed document that are kept here; captures.db has the whole where it could be read
_FIELDS = [field.name for field in fields(State)]
_TIMES = ("due", "last_try", "last_ok", "last_change", "stopped")
_PLAN = (
    f"insert or replace into source_state ({', '.join(_FIELDS)}) values ({', '.join(f':{name}' for name in _FIELDS)})"
)


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
        now = timestamps.written(at)
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
                    [(timestamps.written(at), source, each) for each in mended],
                )

    def record(self, report: RunReport, fetches: Sequence[Fetch]) -> None:
        """Keep the report of a finished run and its fetches; the oldest beyond a thousand of a source go."""
        finished = timestamps.written(report.finished or report.started)
        with write(self.db, self.path, durable=False) as connection:
            connection.execute(
                "insert into runs (source, started, finished, outcome, seen, read, added, revised, moved, unchanged,"
                " skipped, failed, gone, error) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    *(report.source, timestamps.written(report.started), finished, report.outcome, report.seen),
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

    def note_gaps(self, source: str, gaps: Sequence[Gap], at: datetime) -> None:
        """Keep each gap, with the time at which the feed was last read before; the same one is kept once."""
        if not gaps:
            return
        found = timestamps.written(at)
        with write(self.db, self.path) as connection:
            connection.executemany(
                "insert into gaps (source, locator, found, after, entries, note) select :source, :locator, :found,"
                " coalesce((select last_ok from source_state where source = :source), :found), :entries, :note"
                " where true on conflict (source, locator, after) do nothing",
                [
                    {
                        "source": source,
                        "locator": gap.locator,
                        "found": found,
                        "entries": gap.entries,
                        "note": f"{gap.entries} entries, none of which was there the last time: some may have come and gone",
                    }
                    for gap in gaps
                ],
            )

    def gaps(self, since: datetime) -> list[dict[str, Any]]:
        """Return the gaps found at or after `since`, newest first."""
        return self._rows("select * from gaps where found >= ? order by found desc, id desc", timestamps.written(since))

    def loss(self, source: str, since: datetime) -> float | None:
        """Return the shortest time between two readings, in seconds, that left a gap in `source` at or after `since`."""
        (row,) = self._rows(
            "select min(unixepoch(found) - unixepoch(after)) as shortest from gaps where source = ? and found >= ?",
            source,
            timestamps.written(since),
        )
        shortest: float | None = row["shortest"]
        return shortest

    def missed(self) -> dict[str, tuple[datetime, datetime]]:
        """Return source -> when it was read before the first gap that no walk has answered, and when the last was found."""
        rows = self._rows(
            "select source, min(after) as since, max(found) as found from gaps where walked is null group by source"
        )
        return {row["source"]: (timestamps.read(row["since"]), timestamps.read(row["found"])) for row in rows}

    def answer_gaps(self, source: str, before: datetime, said: str, at: datetime) -> None:
        """Note that a walk over the past of `source` has answered the gaps that were found `before`, and what there is to be said."""
        with write(self.db, self.path, durable=False) as connection:
            connection.execute(
                "update gaps set walked = ?, note = note || '; ' || ? where source = ? and walked is null and found < ?",
                [timestamps.written(at), said, source, timestamps.written(before)],
            )

    def plan(self, states: Sequence[State]) -> None:
        """Remember how runs ended, and when the next are due; what a power cut takes is asked again."""
        with write(self.db, self.path, durable=False) as connection:
            connection.executemany(_PLAN, [_row(state) for state in states])

    def states(self) -> dict[str, State]:
        """Return source -> what is remembered of it."""
        return {row["source"]: _state(row) for row in self._rows("select * from source_state")}

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


def _row(state: State) -> dict[str, Any]:
    row = {name: getattr(state, name) for name in _FIELDS}
    return {
        **row,
        **{name: timestamps.written_or_none(row[name]) for name in _TIMES},
        "skip_hours": json.dumps(state.skip_hours),
    }


def _state(row: dict[str, Any]) -> State:
    times = {name: timestamps.read_or_none(row[name]) for name in _TIMES}
    return State(**{**row, **times, "skip_hours": tuple(json.loads(row["skip_hours"]))})
