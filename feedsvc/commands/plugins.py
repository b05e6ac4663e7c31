"""`feedsvc plugins`: what installed packages add to feedsvc, and whether it can be used."""

from __future__ import annotations

import click

from feedsvc import plugins
from feedsvc.commands import command_plugins
from feedsvc.commands.output import as_lines, json_text, table
from feedsvc.model import catalog


@click.command("plugins")
@click.option("--json", "as_json", is_flag=True, help="The plugins as JSON.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """List what installed packages add; exit 1 when something of it cannot be used."""
    rows = list_plugins()
    if as_json:
        click.echo(json_text(rows))
    elif not rows:
        click.echo("no plugin is installed; docs/plugins.md shows how to make one")
    else:
        shown = [[row["group"], row["name"], row["package"], row["version"], row["error"] or "ok"] for row in rows]
        click.echo(as_lines(table(["group", "name", "package", "version", "state"], shown)))
    ctx.exit(1 if any(row["error"] for row in rows) else 0)


def list_plugins() -> list[dict[str, str]]:
    """Import every plugin; return a row for each: group, name, package, version, place, and error ("" = it can be used)."""
    if any(plugins.installed(group) for group in plugins.GROUPS):
        _load()
    refused = plugins.refused()
    return [
        {
            "group": plugin.group,
            "name": plugin.name,
            "package": plugin.package,
            "version": plugin.version,
            "place": plugin.place,
            "error": refused.get(plugin, ""),
        }
        for group in plugins.GROUPS
        for plugin in plugins.installed(group)
    ]


def _load() -> None:
    """Import every plugin, so that `feedsvc.plugins.refused` knows each one that cannot be used."""
    from feedsvc import parsers, rules  # noqa: PLC0415 - they bring libraries that most commands do without

    for table_of in (catalog.FORMATS, catalog.KINDS, catalog.FORMS):
        len(table_of)
    parsers.added()
    rules.added()
    command_plugins()


def unusable_plugins() -> tuple[str, ...]:
    """Import every plugin; return a sentence for each that cannot be used."""
    return tuple(row["error"] for row in list_plugins() if row["error"])
