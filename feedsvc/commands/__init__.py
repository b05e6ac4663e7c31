"""The command line: one file a command, one line in `COMMANDS`.

A command is imported when it is called, so that `feedsvc --version` does not load a web server. Results go to stdout,
logs to stderr. To add a command: one file with a click command named `command`, and one line here.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import click

import feedsvc
from feedsvc.commands.logs import set_up
from feedsvc.errors import FeedsvcError

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS: Mapping[str, str] = {  # in the order of the help; module below feedsvc.commands -> what it does
    "init": "Make a config.toml, content/ with a first post, and archive/.",
    "check": "Name every problem of the configuration at once.",
    "ingest": "Read what is due, archive it, and emit the feeds that changed.",
    "emit": "Render and publish the feeds that changed.",
    "serve": "Serve the archive and the feeds.",
    "run": "The daemon: ingest on schedule, and serve.",
    "sources": "Where articles come from: list, add, import, export, test, resume.",
    "status": "Show how the sources and the archive are.",
    "failures": "The quarantine: list, show, retry.",
    "search": "Search the archive.",
    "replay": "Normalise again from the kept bytes, with today's rules.",
    "withdraw": "Take articles back, or give them out again.",
    "backup": "Copy the archive while it is in use.",
    "doctor": "Check the archive, and say what to do.",
}


class _Group(click.Group):
    """Commands that are imported when they are called; our errors as one line and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of `COMMANDS`."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"feedsvc.commands.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what was raised on purpose becomes a line on stderr."""
        try:
            return super().invoke(ctx)
        except FeedsvcError as error:
            click.echo(f"feedsvc: {error}", err=True)
            ctx.exit(error.exit_code)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config", "config", type=click.Path(), help="Configuration; default ./config.toml, then $FEEDSVC_CONFIG."
)
@click.option("-v", "--verbose", count=True, help="Log more; twice for everything.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", help="Form of the log on stderr.")
@click.version_option(feedsvc.__version__, prog_name="feedsvc")
@click.pass_context
def cli(ctx: click.Context, config: str | None, verbose: int, log_format: str) -> None:
    """RSS/Atom feed and archival service: never lose an article, subscribe to any slice, query all of it."""
    set_up(verbose, log_format)
    ctx.obj = config
