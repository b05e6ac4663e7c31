"""Answers for machines: is it alive, and how is it doing (Prometheus text format 0.0.4)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from datasette import Response

from feedsvc.serve.context import served
from feedsvc.serve.login import operation, unshared
from feedsvc.serve.page_responses import parsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from feedsvc.serve.archive_reader import Row, Rows
    from feedsvc.serve.types import Datasette, Request

_FRESH = {"Cache-Control": "no-store"}
_STARTED = time.time()


async def healthz(request: Request, datasette: Datasette) -> Response:  # noqa: ARG001 - a view has both
    """Answer `/-/healthz`: 200 when the archive can be read, 503 with the reason when it cannot."""
    try:
        await served(datasette).reader.read(lambda rows: rows.one("select id from articles limit 1"))
    except Exception as error:  # noqa: BLE001 - whatever it is, the answer is no
        return Response.json({"ok": False, "error": type(error).__name__}, status=503, headers=_FRESH)
    return Response.json({"ok": True}, headers=_FRESH)


async def metrics(request: Request, datasette: Datasette) -> Response:
    """Answer `/-/metrics`."""
    site = served(datasette)
    lines = await site.reader.read(lambda rows: list(_archive(rows)))
    if ops := operation(request, site):
        lines += await ops.read(lambda rows: list(_operation(rows)))
    body = "\n".join(
        [*lines, *_metric("feedsvc_start_time_seconds", "When this process began to serve.", [("", _STARTED)]), ""]
    )
    return unshared(Response(body=body, content_type="text/plain; version=0.0.4; charset=utf-8", headers=_FRESH), site)


def _archive(rows: Rows) -> Iterator[str]:
    sources = rows("select name, article_count, last_read from sources order by name")
    yield from _metric("feedsvc_articles", "Articles in the archive, by source.", _labelled(sources, "article_count"))
    yield from _metric(
        "feedsvc_source_last_read_timestamp_seconds",
        "When a source was last read.",
        [(_label(source["name"]), when.timestamp()) for source in sources if (when := parsed(source["last_read"]))],
    )
    counted = (
        rows.one("select (select count(*) from categories) as categories, (select count(*) from stale_feeds) as stale")
        or {}
    )
    yield from _metric("feedsvc_categories", "Categories in the archive.", [("", counted["categories"])])
    yield from _metric("feedsvc_stale_feeds", "Feeds that wait to be rendered.", [("", counted["stale"])])


def _operation(rows: Rows) -> Iterator[str]:
    states = rows("select source as name, failures from source_state order by source")
    yield from _metric("feedsvc_source_failures", "Failed polls in a row, by source.", _labelled(states, "failures"))
    quarantined = rows("select source as name, count(*) as number from failures where resolved is null group by source")
    yield from _metric(
        "feedsvc_quarantined_documents",
        "Documents that could not be read, by source.",
        _labelled(quarantined, "number"),
    )
    gaps = rows("select source as name, count(*) as number from gaps group by source")
    yield from _metric("feedsvc_gaps", "Possible losses found, by source.", _labelled(gaps, "number"))


def _metric(name: str, text: str, samples: Iterable[tuple[str, float]]) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} gauge"
    for label, number in samples:
        yield f"{name}{label} {number:.15g}"


def _labelled(found: Iterable[Row], column: str) -> list[tuple[str, float]]:
    return [(_label(row["name"]), row[column]) for row in found]


def _label(source: str) -> str:
    escaped = source.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{{source="{escaped}"}}'
