"""`feedsvc failures`: the quarantine. What could not be read is kept here with its bytes and the reason."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from feedsvc.app import open_view
from feedsvc.app.pictures.maintenance import retry_pictures, standing, troubles
from feedsvc.commands.output import as_lines, json_text, table
from feedsvc.commands.setup import configuration, service
from feedsvc.errors import ConfigError
from feedsvc.sources.http.urls import public_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feedsvc.app import Service

_LARGEST = (1 << 63) - 1  # SQLite's integers end here


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="The list as JSON.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """List what is in quarantine; `show ID` shows one whole, `retry [ID...]` reads the documents again."""
    if ctx.invoked_subcommand is not None:
        return
    with open_view(configuration(ctx)) as archive:
        rows, pictures = archive.operations.failures(), standing(archive)
    if as_json:
        click.echo(json_text(rows))
        return
    if rows:
        shown = [[str(row[name]) for name in ("id", "source", "stage", "kind", "tries", "locator")] for row in rows]
        click.echo(as_lines(table(["id", "source", "stage", "kind", "tries", "document"], shown)))
    else:
        click.echo("nothing is in quarantine")
    if pictures.given_up:
        click.echo(f"{pictures.given_up} pictures could not be kept; `feedsvc failures pictures` lists them")


@command.command("pictures")
@click.option("--json", "as_json", is_flag=True, help="The list as JSON.")
@click.option("--retry", is_flag=True, help="Try all of them again at the next runs, as if they had never failed.")
@click.pass_context
def pictures(ctx: click.Context, *, as_json: bool, retry: bool) -> None:
    """List the pictures that could not be kept, and why."""
    if retry:
        with service(ctx) as opened:
            number = retry_pictures(opened)
        click.echo(f"{number} pictures are tried again at the next runs")
        return
    config = configuration(ctx)
    with open_view(config) as archive:
        rows = [{**row, "url": public_url(row["url"])} for row in troubles(archive)]
    if as_json:
        click.echo(json_text(rows))
    elif rows:
        shown = [
            [row["source"], row["kind"], str(row["tries"]), _next(row["due"], config.timezone), row["url"]]
            for row in rows
        ]
        click.echo(as_lines(table(["source", "kind", "tries", f"next ({config.timezone})", "picture"], shown)))
    else:
        click.echo("no picture failed")


def _next(due: str | None, zone: str) -> str:
    return f"{datetime.fromisoformat(due).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" if due else "given up"


@command.command("show")
@click.argument("number", metavar="ID", type=click.IntRange(1, _LARGEST))
@click.option("--bytes", "raw", is_flag=True, help="The document's bytes and nothing else.")
@click.pass_context
def show(ctx: click.Context, number: int, *, raw: bool) -> None:
    """Show the failure ID: where, what is wrong, and the trace when it is a bug."""
    with open_view(configuration(ctx)) as archive:
        row = archive.operations.failure(number)
    if row is None:
        raise ConfigError(f"no failure {number}; `feedsvc failures` lists them")
    if raw:
        sys.stdout.buffer.write(row["body"] or b"")
        return
    for name, value in row.items():
        if name != "body" and value not in ("", None):
            # a traceback has lines of its own
            lines = str(value).split("\n") if name == "trace" else [str(value)]
            click.echo(as_lines([f"{name:12} {lines[0]}", *lines[1:]]))


@command.command("retry")
@click.argument("numbers", metavar="[ID]...", nargs=-1, type=int)
@click.pass_context
def retry(ctx: click.Context, numbers: Sequence[int]) -> None:
    """Read the documents of the failures ID again, or of all of them."""
    with service(ctx) as opened:
        rows = _open_failures(opened)
        chosen = [row for row in rows if not numbers or row["id"] in numbers]
        if missing := set(numbers) - {row["id"] for row in chosen}:
            raise ConfigError(f"no open failure {', '.join(map(str, sorted(missing)))}; `feedsvc failures` lists them")
        documents = [(row["source"], row["locator"]) for row in chosen]
        opened.owner.call(lambda archive: archive.retry(documents))
        opened.ingest_now(sorted({row["source"] for row in chosen}))
        left = {row["id"] for row in _open_failures(opened)}
    mended = sum(row["id"] not in left for row in chosen)
    click.echo(f"{len(chosen)} read again, {mended} understood now")
    ctx.exit(1 if mended < len(chosen) else 0)


def _open_failures(opened: Service) -> list[dict[str, Any]]:
    with opened.view() as archive:
        return list(archive.operations.failures())
