"""The status page: each source, when it was read and how that went; for the operator also what failed."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from feedsvc.serve.charts import calendar
from feedsvc.serve.context import served
from feedsvc.serve.day_counts import ingested
from feedsvc.serve.page_responses import gathered

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from datasette import Response

    from feedsvc.serve.archive_reader import Row, Rows
    from feedsvc.serve.types import Datasette, Request

_RUNS = 30
_FAILURES = 50


async def view(request: Request, datasette: Datasette) -> Response:
    """Answer `/-/status`. What only the operator may know is in ops.db, and shown where that is open."""
    site = served(datasette)
    gather = partial(_archive, zone=site.zone)
    return await gathered(datasette, request, site, "feedsvc_status.html", gather, _operation)


def _archive(rows: Rows, *, zone: ZoneInfo) -> dict[str, Any]:
    now = datetime.now(UTC)
    span, days = rows.kept(("ingested", zone.key, now.astimezone(zone).date()), partial(ingested, rows, zone, now))
    sources = rows("select name, title, kind, article_count, first_seen, last_read from sources order by name")
    return {
        "sources": sources,
        # the others, of which ops.db may know, brought nothing so far
        "read": {source["name"] for source in sources},
        "ingested": calendar(days, span.first, span.last, "Articles by the day that they came in"),
        "stale": (rows.one("select count(*) as n from stale_feeds") or {})["n"],
        "operation": None,
    }


def _operation(rows: Rows) -> dict[str, Any]:
    states: dict[str, Row] = {
        row["source"]: row
        for row in rows(
            "select source, due, failures, last_ok, last_change, error, error_kind, stopped from source_state order by source"
        )
    }
    operation = {
        "states": states,
        "unhealthy": sum(1 for state in states.values() if state["failures"] or state["stopped"]),
        "runs": rows(
            "select source, started, finished, outcome, seen, added, revised, moved, failed, error from runs order by id desc limit ?",
            _RUNS,
        ),
        "failures": rows(
            "select source, locator, stage, kind, reason, tries, last_seen from failures where resolved is null"
            " order by id desc limit ?",
            _FAILURES,
        ),
        "gaps": rows("select source, found, note from gaps order by id desc limit ?", _RUNS),
    }
    return {"operation": operation}
