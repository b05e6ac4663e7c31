"""`feedsvc emit`: render and publish the feeds that changed."""

from __future__ import annotations

from dataclasses import asdict

import click

from feedsvc.commands.output import counter, emission_line, json_text, visible
from feedsvc.commands.setup import service


@click.command("emit")
@click.argument("feeds", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Render every feed, changed or not.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
@click.pass_context
def command(ctx: click.Context, feeds: tuple[str, ...], *, everything: bool, as_json: bool) -> None:
    """Render FEEDS (their paths: all, category/<path>, source/<name>, custom/<slug>), or all that changed."""
    with service(ctx) as opened, counter("emitting") as progress:
        report = opened.emit_now(feeds, everything=everything, progress=progress, mirror=False)
        elsewhere = opened.mirror_now(everything=everything)
    if as_json:
        published = {"elsewhere": asdict(elsewhere)} if elsewhere else {}
        click.echo(json_text({**asdict(report), **published}))
    else:
        click.echo(emission_line(report))
        if elsewhere:
            click.echo(f"elsewhere: {elsewhere.put} put, {elsewhere.withdrawn} withdrawn, {elsewhere.waiting} wait")
        for problem in report.problems:
            click.echo(visible(problem), err=True)
        if elsewhere and elsewhere.error:
            click.echo(visible(elsewhere.error), err=True)
    ctx.exit(1 if report.problems or (elsewhere and elsewhere.waiting) else 0)
