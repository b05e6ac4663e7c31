"""`feedsvc doctor`: is the archive whole, and what to do if not."""

from __future__ import annotations

import contextlib
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

import click

from feedsvc.app import Service, open_view
from feedsvc.app.pictures.maintenance import check_pictures
from feedsvc.app.upkeep import examine, examine_feeds, make_anew
from feedsvc.commands.output import as_lines, json_text
from feedsvc.commands.setup import configuration, service
from feedsvc.errors import ArchiveLockedError

if TYPE_CHECKING:
    from feedsvc.app.upkeep import Finding
    from feedsvc.store.archive import Archive


@click.command("doctor")
@click.option("--fix", is_flag=True, help="Make again what can be: search index, counts, feeds, pictures.")
@click.option("--json", "as_json", is_flag=True, help="Findings as JSON.")
@click.pass_context
def command(ctx: click.Context, *, fix: bool, as_json: bool) -> None:
    """Check files, search index, captures, pictures and feeds; exit 3 when bytes are lost, 1 when it can be mended."""
    with contextlib.ExitStack() as stack:
        opened: Service | None = None
        try:
            opened = stack.enter_context(service(ctx))
        except ArchiveLockedError:
            if fix:
                raise
        if opened and fix:
            make_anew(opened)
        if opened:
            findings = [*opened.owner.call(partial(_examined, whole=True)), *examine_feeds(opened)]
        else:
            findings = _examined(stack.enter_context(open_view(configuration(ctx))), whole=False)
    if as_json:
        click.echo(json_text([asdict(each) for each in findings]))
    else:
        _show(findings, partial=opened is None)
    ctx.exit(3 if any(each.level == "damage" for each in findings) else 1 if findings else 0)


def _examined(archive: Archive, *, whole: bool) -> list[Finding]:
    return [*examine(archive), *check_pictures(archive, whole=whole)]


def _show(findings: list[Finding], *, partial: bool) -> None:
    if partial:
        click.echo(
            "another process holds the archive: the search index in depth and the feeds were not checked", err=True
        )
    for each in findings:
        click.echo(as_lines((f"{each.level:7} {each.where}: {each.what}", f"        {each.remedy}")))
    if not findings:
        click.echo("no fault found")
