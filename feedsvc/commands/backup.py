"""`feedsvc backup`: a consistent copy of the archive while it is in use."""

from __future__ import annotations

from pathlib import Path

import click

from feedsvc.app.upkeep import back_up
from feedsvc.commands.setup import configuration
from feedsvc.errors import ConfigError


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE if it is there.")
@click.pass_context
def command(ctx: click.Context, file: Path, *, force: bool) -> None:
    """Copy the archive to FILE (a tar), whole or not at all; `tar xf FILE -C archive` puts it back, while feedsvc is stopped."""
    if file.exists() and not force:
        raise ConfigError(f"{file} is there already; choose another name, or --force")
    if not file.absolute().parent.is_dir():
        raise ConfigError(f"{file.absolute().parent} is not a directory; make it first")
    size = back_up(Path(configuration(ctx).archive), file.absolute())
    click.echo(f"{file}: {size / 1e6:.1f} MB")
