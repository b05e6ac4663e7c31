"""`feedsvc check`: every problem of the configuration at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from feedsvc.app import find_config, read_config
from feedsvc.app.extras import missing_extras
from feedsvc.commands.output import json_text, several, visible
from feedsvc.commands.plugins import unusable_plugins
from feedsvc.errors import ConfigError, PublishError
from feedsvc.model.catalog import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from feedsvc.config import Config


# What `[[source]] path` can name -> whether that is there.
_IS_THERE: Mapping[str, Callable[[Path], bool]] = {"directory": Path.is_dir, "file": Path.is_file}


@click.command("check")
@click.option("--json", "as_json", is_flag=True, help="Problems as JSON.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """Name every problem of the configuration at once; exit 2 if there is one."""
    problems: tuple[str, ...] = ()
    try:
        config = read_config(find_config(ctx.obj))
        problems = tuple(
            f"source[{source.name}].path: {source.location} is not a {place}; make it, or name another"
            for source in config.sources
            if (place := KINDS[source.kind].reads_from) in _IS_THERE and not _IS_THERE[place](Path(source.location))
        )
        problems = tuple(dict.fromkeys((*problems, *missing_extras(config), *_elsewhere(config), *unusable_plugins())))
    except ConfigError as error:
        problems = tuple(error.problems)
    if as_json:
        click.echo(json_text({"ok": not problems, "problems": problems}))
    elif problems:
        for problem in problems:
            click.echo(visible(problem), err=True)
    else:
        click.echo(
            f"{several(len(config.sources), 'source')}, {several(len(config.custom), 'custom feed')}: no problem found"
        )
    ctx.exit(2 if problems else 0)


def _elsewhere(config: Config) -> tuple[str, ...]:
    """Return what is wrong with the place where feeds are published too; it is not asked."""
    from feedsvc.app.mirror.sync import target  # noqa: PLC0415 - most archives are published nowhere else

    try:
        if config.publish.to:
            target(config.publish)
    except PublishError as error:
        return (str(error),)
    return ()
