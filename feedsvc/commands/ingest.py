"""`feedsvc ingest`: read what is due, archive it, emit what changed."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

import click

from feedsvc.commands.output import as_lines, counter, json_text, picture_lines, report_lines
from feedsvc.commands.setup import known_sources, service

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feedsvc.app import Service
    from feedsvc.app.pictures.download import DownloadReport
    from feedsvc.model import Failure, RunReport, Skip


@click.command("ingest")
@click.argument("sources", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Read every source, due or not.")
@click.option("--no-emit", is_flag=True, help="Leave the feeds for later.")
@click.option("--json", "as_json", is_flag=True, help="Reports as JSON.")
@click.pass_context
def command(ctx: click.Context, sources: tuple[str, ...], *, everything: bool, no_emit: bool, as_json: bool) -> None:
    """Read SOURCES, or all directories and what else is due; archive what changed, and emit the feeds."""
    with service(ctx) as opened:
        known_sources(opened.config, sources)
        names = sources or _chosen(opened, everything=everything)
        with counter("reading") as progress:
            reports = opened.ingest_now(names, progress, emit=False)
        emission = None
        if not no_emit and opened.stale_feeds():
            with counter("emitting") as progress:
                emission = opened.emit_now(progress=progress)
        pictures = opened.collect_now(emit=not no_emit)  # after the feeds: they do not wait for pictures
        if as_json:
            click.echo(_as_json(reports, emission, pictures))
        else:
            click.echo(as_lines([*report_lines(reports, emission), *picture_lines(pictures)]))
    failed = any(report.failed or report.error for report in reports) or bool(emission and emission.problems)
    ctx.exit(1 if failed else 0)


def _chosen(opened: Service, *, everything: bool) -> Sequence[str]:
    """Return all sources but those that are gone for good, or the directories, which cost a look each, and what is due."""
    due, stopped = opened.due(opened.clock.now()), {each.source for each in opened.health() if each.stopped}
    return [
        s.name for s in opened.config.sources if s.name not in stopped and (everything or not s.remote or s.name in due)
    ]


def _as_json(reports: Sequence[RunReport], emission: object, pictures: DownloadReport | None) -> str:
    found = [
        {
            **_row(report, "hints"),  # what only planning needs, and it may hold a secret
            "failures": [_row(failure, "body") for failure in report.failures],
            "skips": [_row(skip) for skip in report.skips],
        }
        for report in reports
    ]
    whole = {"runs": found, "emission": asdict(emission) if emission else None}  # type: ignore[call-overload]
    if pictures:
        whole["pictures"] = asdict(pictures)
    return json_text(whole)


def _row(found: RunReport | Failure | Skip, *without: str) -> dict[str, Any]:
    """Return the fields of `found` but for those `without`; `asdict` would copy every value, and of bodies too."""
    return {field.name: getattr(found, field.name) for field in fields(found) if field.name not in without}
