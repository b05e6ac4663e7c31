"""`feedsvc check`: every problem of the configuration at once."""

from __future__ import annotations

import json
from pathlib import Path

import click

from feedsvc.app import find_config, read_config
from feedsvc.errors import ConfigError


@click.command("check")
@click.option("--json", "as_json", is_flag=True, help="Problems as JSON.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """Name every problem of the configuration at once; exit 2 if there is one."""
    problems: tuple[str, ...] = ()
    try:
        config = read_config(find_config(ctx.obj))
        problems = tuple(
            f"source[{source.name}].path: {source.location} is not a directory; make it, or name another"
            for source in config.sources
            if source.kind == "directory" and not Path(source.location).is_dir()
        )
    except ConfigError as error:
        problems = tuple(error.problems)
    if as_json:
        click.echo(json.dumps({"ok": not problems, "problems": problems}, ensure_ascii=False, indent=2))
    elif problems:
        for problem in problems:
            click.echo(problem, err=True)
    else:
        click.echo(f"{len(config.sources)} sources, {len(config.custom)} custom feeds: no problem found")
    ctx.exit(2 if problems else 0)
