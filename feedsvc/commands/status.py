"""`feedsvc status`: how the sources and the archive are; exit 1 when somebody should look."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from feedsvc.app import health_of, open_view
from feedsvc.app.mirror import worker
from feedsvc.app.pictures.maintenance import standing
from feedsvc.commands.output import as_lines, json_text, table, visible
from feedsvc.commands.plugins import unusable_plugins
from feedsvc.commands.setup import configuration

if TYPE_CHECKING:
    from feedsvc.app import Health
    from feedsvc.app.pictures.maintenance import PictureHealth
    from feedsvc.config import Config


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="The status as JSON.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """Show what is due, late, failing and quarantined; exit 1 when a source is unhealthy, a plugin unusable, or mirroring fails."""
    config = configuration(ctx)
    with open_view(config) as archive:
        health = health_of(config, archive, datetime.now(UTC))
        totals = archive.totals()
        stale = len(archive.stale_feeds())
        pictures = standing(archive)
        elsewhere = worker.standing(config, archive)
    unusable = unusable_plugins()
    healthy = all(each.healthy for each in health) and not elsewhere.files and not unusable
    if as_json:
        rows = [{**asdict(each), "healthy": each.healthy} for each in health]
        whole = {"healthy": healthy, "archive": totals, "stale_feeds": stale, "sources": rows}
        whole["pictures"] = asdict(pictures)
        whole["elsewhere"] = asdict(elsewhere)
        whole["plugins"] = list(unusable)
        click.echo(json_text(whole))
    else:
        click.echo(", ".join(f"{number} {name}" for name, number in totals.items()))
        if pictures.kept or pictures.waiting or pictures.given_up:
            click.echo(_pictures(pictures))
        if stale:
            click.echo(f"{stale} feeds wait to be emitted; `feedsvc emit` does it")
        if elsewhere.files:
            click.echo(
                visible(f"{elsewhere.files} files wait to be published at {config.publish.place}: {elsewhere.error}")
            )
        for problem in unusable:
            click.echo(visible(problem))
        click.echo(as_lines(_lines(health, config)))
    ctx.exit(0 if healthy else 1)


def _pictures(found: PictureHealth) -> str:
    more = f", {found.waiting} wait" if found.waiting else ""
    lost = f", {found.given_up} given up (`feedsvc failures pictures`)" if found.given_up else ""
    return f"{found.kept} pictures kept ({found.size / 1e6:.1f} MB){more}{lost}"


def _lines(health: list[Health], config: Config) -> list[str]:
    zone = ZoneInfo(config.timezone)

    def shown(at: datetime | None) -> str:
        return f"{at.astimezone(zone):%Y-%m-%d %H:%M} {config.timezone}" if at else "never"

    rows = [
        [
            each.source,
            each.kind,
            each.word,
            shown(each.last_ok),
            shown(each.due),
            str(each.gaps),
            str(each.quarantined),
        ]
        for each in health
    ]
    lines = table(["source", "kind", "state", "last ok", "due", "gaps", "quarantined"], rows)
    return lines + [f"  {each.source}: {each.error}" for each in health if each.error]
