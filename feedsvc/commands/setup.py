"""What most commands begin with: the configuration, and a service that is closed at the end."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from feedsvc.app import Service, find_config, read_config
from feedsvc.app.extras import require_extras
from feedsvc.errors import ConfigError
from feedsvc.schedule import next_due

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import click

    from feedsvc.config import Config


def configuration(ctx: click.Context) -> Config:
    """Return the configuration that the command line, the folder or the environment names."""
    return read_config(find_config(ctx.obj))


def runnable(path: Path) -> Config:
    """Return the configuration at `path` for a command that reads sources or renders feeds.

    Raises:
        ConfigError: it is wrong, or needs a library that is not installed.
    """
    config = read_config(path)
    require_extras(config)
    return config


@contextlib.contextmanager
def service(ctx: click.Context) -> Iterator[Service]:
    """Open the archive for writing, and close it."""
    opened = Service(runnable(find_config(ctx.obj)), ctx.info_name or "feedsvc", planner=next_due)
    try:
        yield opened
    finally:
        opened.close_now()


def known_sources(config: Config, names: Sequence[str]) -> None:
    """Raise ConfigError for a name that no source has."""
    there = [source.name for source in config.sources]
    if unknown := [name for name in names if name not in there]:
        raise ConfigError(f"no source named {', '.join(map(repr, unknown))}; there are: {', '.join(there) or 'none'}")
