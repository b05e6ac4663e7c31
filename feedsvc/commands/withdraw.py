"""`feedsvc withdraw`: an article is taken back. The archive keeps it; feeds, lists and its page do not show it."""

from __future__ import annotations

import click

from feedsvc.app.upkeep import withdraw_now
from feedsvc.commands.output import visible
from feedsvc.commands.setup import service


@click.command("withdraw")
@click.argument("names", metavar="ID...", nargs=-1, required=True)
@click.option("--why", default="", help="The reason, shown to readers.")
@click.option("--undo", is_flag=True, help="Give them out again.")
@click.pass_context
def command(ctx: click.Context, names: tuple[str, ...], *, why: str, undo: bool) -> None:
    """Take the articles ID (number, uuid, uid or address of the page) out of feeds, lists and search; keep them."""
    with service(ctx) as opened:
        changed = withdraw_now(opened, names, why, undo=undo)
    done = "given out again" if undo else "withdrawn"
    for article in changed:
        click.echo(visible(f"{article.uuid}  {done}: {article.title}"))
    if len(changed) < len(names):
        click.echo(f"{len(names) - len(changed)} already {'given out' if undo else 'withdrawn'}", err=True)
