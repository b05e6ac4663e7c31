"""`feedsvc run`: the daemon. It ingests on schedule, and serves."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from feedsvc.app import Service, find_config
from feedsvc.commands.output import several
from feedsvc.commands.setup import runnable
from feedsvc.schedule import next_due, run_daemon

if TYPE_CHECKING:
    from feedsvc.config import Config


@click.command("run")
@click.pass_context
def command(ctx: click.Context) -> None:
    """Ingest on schedule and serve, until SIGTERM; SIGHUP reads the configuration again."""
    path = find_config(ctx.obj)
    service = Service(runnable(path), "run", planner=next_due, always_limited=True)
    ctx.exit(asyncio.run(_run(service, path)))


async def _run(service: Service, path: Path) -> int:
    from feedsvc import serve  # noqa: PLC0415 - Datasette is the heaviest of all, and `--help` needs none

    try:
        datasette = serve.build(service.config, ops=Path(service.config.archive) / "ops.db")
    except BaseException:
        service.close_now()
        raise

    def reloaded(config: Config) -> None:
        serve.reload(datasette, config)

    def ready(address: str) -> None:
        click.echo(f"feedsvc serves {address} and ingests {several(len(service.config.sources), 'source')}", err=True)

    try:
        return await run_daemon(
            service,
            datasette.app(),
            reread=lambda: runnable(path),
            reloaded=reloaded,
            ready=ready,
            front=serve.fronting(datasette),
        )
    finally:
        serve.close(datasette)
