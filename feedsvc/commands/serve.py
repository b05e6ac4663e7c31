"""`feedsvc serve`: the archive, the feeds and the article pages, without the scheduler."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from feedsvc.commands.setup import configuration
from feedsvc.schedule import serve_only

if TYPE_CHECKING:
    from feedsvc.config import Config


@click.command("serve")
@click.pass_context
def command(ctx: click.Context) -> None:
    """Serve the archive until SIGTERM; ingesting goes on elsewhere, or not at all."""
    ctx.exit(asyncio.run(_serve(configuration(ctx))))


async def _serve(config: Config) -> int:
    from feedsvc import serve  # noqa: PLC0415 - Datasette is the heaviest of all, and `--help` needs none

    datasette = serve.build(config, ops=Path(config.archive) / "ops.db")
    try:
        return await serve_only(
            datasette.app(),
            config,
            ready=lambda address: click.echo(f"feedsvc serves {address}", err=True),
            front=serve.fronting(datasette),
        )
    finally:
        serve.close(datasette)
