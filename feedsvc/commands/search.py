"""`feedsvc search`: the archive from the shell, by the same words as the search box."""

from __future__ import annotations

import click

from feedsvc.app import open_view
from feedsvc.commands.output import as_lines, json_text
from feedsvc.commands.setup import configuration
from feedsvc.model import Selection


@click.command("search")
@click.argument("words", nargs=-1, required=True)
@click.option("-n", "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Articles shown.")
@click.option("--category", default="", help="Only in this category path and below.")
@click.option("--source", default="", help="Only of this source.")
@click.option("--language", default="", help="Only in this language.")
@click.option("--json", "as_json", is_flag=True, help="Articles as JSON.")
@click.pass_context
def command(
    ctx: click.Context, words: tuple[str, ...], *, limit: int, category: str, source: str, language: str, as_json: bool
) -> None:
    """Show the newest articles that hold WORDS: "a phrase", prefix*, AND, OR, NOT (alone: all others); Chinese needs no spaces."""
    config = configuration(ctx)
    path = tuple(category.split("/")) if category else ()
    selection = Selection(search=" ".join(words), category=path, source=source, language=language)
    with open_view(config) as archive:
        entries = archive.select(selection, limit)
    if as_json:
        fields = ("uuid", "title", "url", "summary", "language", "source", "published")
        found = [{name: getattr(entry, name) for name in fields} for entry in entries]
        click.echo(json_text(found))
        return
    for entry in entries:
        day = f"{entry.published:%Y-%m-%d}" if entry.published else "undated   "
        click.echo(as_lines((f"{day}  {entry.title}", f"            {config.url}/articles/{entry.uuid}")))
    if not entries:
        click.echo("nothing found", err=True)
