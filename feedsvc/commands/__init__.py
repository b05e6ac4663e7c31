"""The command line: one file a command, one line in `COMMANDS`, and the commands of installed packages (docs/plugins.md).

A command is imported when it is called, so that `feedsvc --version` does not load a web server. Results go to stdout,
logs to stderr. To add a command: one file with a click command named `command`, and one line here.
"""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, cast

import click

import feedsvc
from feedsvc.commands.logs import set_up
from feedsvc.commands.output import as_lines
from feedsvc.errors import FeedsvcError, PluginError, plugin_errors
from feedsvc.plugins import COMMANDS as GROUP
from feedsvc.plugins import accepted, installed, refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from feedsvc.plugins import Plugin

log = logging.getLogger(__name__)

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
    "plugins": "List what installed packages add.",
}


class _Group(click.Group):
    """Commands that are imported when they are called; our errors as one line and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of `COMMANDS`, then those of plugins."""
        del ctx
        return [*COMMANDS, *_added()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command.

        Raises:
            PluginError: it is of a plugin, and cannot be used.
        """
        del ctx
        if cmd_name in COMMANDS:
            command: click.Command = importlib.import_module(f"feedsvc.commands.{cmd_name}").command
            return command
        plugin = _added().get(cmd_name)
        return _of_plugin(plugin) if plugin else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            added = [(name, f"({plugin.package} {plugin.version})") for name, plugin in _added().items()]
            formatter.write_dl([*COMMANDS.items(), *added])

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what was raised on purpose becomes a line on stderr."""
        try:
            return super().invoke(ctx)
        except FeedsvcError as error:
            click.echo(as_lines(f"feedsvc: {error}".split("\n")), err=True)
            ctx.exit(error.exit_code)


def _added() -> Mapping[str, Plugin]:
    """Return the commands of plugins by name; nothing of them is imported. A name of `COMMANDS` is never given away."""
    return {plugin.name: plugin for plugin in reversed(installed(GROUP)) if plugin.name not in COMMANDS}


def command_plugins() -> Mapping[Plugin, object]:
    """Import the commands of plugins, and return those that can be used."""
    return accepted(GROUP, COMMANDS, _check)


def _check(_: str, found: object) -> None:
    if not isinstance(found, click.Command):
        raise TypeError(f"it is no click.Command, but a {type(found).__name__}")


def _of_plugin(plugin: Plugin) -> click.Command:
    """Return the command of `plugin`, so that what it raises becomes one line that names the plugin.

    Raises:
        PluginError: it cannot be imported, or is no command.
    """
    found = command_plugins().get(plugin)
    if found is None:
        raise PluginError(refused().get(plugin, f"{plugin} cannot be used"), member=plugin.name)
    command = cast("click.Command", found)
    invoke = command.invoke

    def failed(said: str) -> PluginError:
        log.debug("%s", said, exc_info=True)  # noqa: LOG014 - called while the exception is handled
        return PluginError(f"{said}; `-vv` shows where", member=plugin.name)

    def invoke_or_say_why(ctx: click.Context) -> object:
        with plugin_errors(plugin, failed, click.ClickException, click.Abort, click.exceptions.Exit):
            return invoke(ctx)

    command.invoke = invoke_or_say_why  # type: ignore[method-assign]
    return command


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
