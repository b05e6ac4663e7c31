"""`feedsvc sources`: where articles come from; list them, add some, try one."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import click

from feedsvc.app import find_config, health_of, open_view, read_config
from feedsvc.commands.output import as_lines, json_text, table, visible
from feedsvc.commands.setup import configuration, known_sources, service
from feedsvc.errors import ArchiveError, ArchiveLostError, ConfigError
from feedsvc.model import Source
from feedsvc.model.catalog import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from feedsvc.app import Health
    from feedsvc.app.dry_run import DryRun
    from feedsvc.config import Config

_SHOWN = 10  # articles of a trial
_NAME = 40  # characters


@click.group("sources", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="The list as JSON.")
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """List the sources with their health, or do something with them."""
    if ctx.invoked_subcommand is not None:
        return
    config = configuration(ctx)
    with open_view(config) as archive:
        health = health_of(config, archive, datetime.now(UTC))
    if as_json:
        rows = [{**asdict(each), "healthy": each.healthy, "state": each.word} for each in health]
        click.echo(json_text(rows))
    else:
        lines = list(_listed(health, config))
        click.echo(as_lines(lines) if health else "no sources yet; `feedsvc sources add URL` adds one")


def _listed(health: Sequence[Health], config: Config) -> Iterator[str]:
    zone = ZoneInfo(config.timezone)

    def shown(at: datetime | None) -> str:
        return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else "never"

    head = ["source", "kind", "state", f"last ok ({config.timezone})", "due", "every", "gaps", "quarantined"]
    rows = [
        [
            *(each.source, each.kind, each.word, shown(each.last_ok)),
            "never" if each.stopped else shown(each.due) if each.due else "now",
            _span(each.interval),
            *(str(each.gaps), str(each.quarantined)),
        ]
        for each in health
    ]
    yield from table(head, rows)
    for each in health:
        if each.error:
            yield f"  {each.source}: {each.error}"
        if each.stopped:
            yield f"  {each.source}: polled no more; `feedsvc sources resume {each.source}` asks it again"
        if each.moved_to:
            yield f"  {each.source}: moved for good to {each.moved_to}; put that into the configuration"


def _span(seconds: float | None) -> str:
    """Return a duration in its largest unit: "5m", "1.5h", "1d"."""
    if seconds is None:
        return ""
    size, unit = next((each for each in ((86400, "d"), (3600, "h"), (60, "m")) if seconds >= each[0]), (1, "s"))
    return f"{seconds / size:.3g}{unit}"


# ---------------------------------------------------------------- add and import


@command.command("add")
@click.argument("place", metavar="URL|PATH")
@click.option("--name", default="", help="Name of the source; else made from its title or address.")
@click.option("--category", default="", help="Category path of articles that name none.")
@click.pass_context
def add(ctx: click.Context, place: str, name: str, category: str) -> None:
    """Try the feed or directory at URL|PATH, say what it has, and write it to the configuration."""
    from feedsvc.app.config_editor import add_to_config  # noqa: PLC0415 - most calls only list
    from feedsvc.app.dry_run import try_source  # noqa: PLC0415 - brings the parsers

    path = find_config(ctx.obj)
    config = read_config(path)
    source = _wanted(place, config)
    _refuse_twice(source.location, config)
    trial = try_source(source, config.fetch.user_agent, datetime.now(UTC))
    click.echo(as_lines(_told(trial)))
    if trial.problems and not trial.articles:
        click.echo("nothing was added: it cannot be read as it is", err=True)
        ctx.exit(1)
    location = trial.discovered or source.location
    _refuse_twice(location, config)
    chosen = name or _free_name(trial, {each.name for each in config.sources})
    where = {"path": _beside(path, location)} if not source.remote else {"url": location}
    given = {"categories": [category]} if category else {}
    add_to_config(path, [{"name": chosen, "kind": source.kind, **where, **given}])
    click.echo(f"added to {path} as {chosen!r}; `feedsvc ingest {chosen}` reads it now")


def _beside(config: Path, directory: str) -> str:
    """Return `directory` as it is written in the configuration: relative to that where it lies below it."""
    folder = config.absolute().parent
    return str(Path(directory).relative_to(folder)) if Path(directory).is_relative_to(folder) else directory


def _wanted(place: str, config: Config) -> Source:
    """Return what `place` names, as a source to be tried."""
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://", place):
        return Source(name="new", kind="feed", location=place, timezone=config.timezone, fetch=config.fetch)
    path = Path(place)
    if path.is_file():
        raise ConfigError(
            f"{place} is a file; a source is a directory or an address (`feedsvc sources import` takes OPML)"
        )
    if not path.is_dir():
        raise ConfigError(f"{place!r} is neither a directory nor an address that begins with http:// or https://")
    return Source(name="new", kind="directory", location=str(path.absolute()), timezone=config.timezone)


def _refuse_twice(location: str, config: Config) -> None:
    for each in config.sources:
        if each.location == location:
            raise ConfigError(f"the source {each.name!r} reads that already")


def _free_name(trial: DryRun, taken: set[str]) -> str:
    """Return a name that no source has, out of the title, else the address."""
    address = urlsplit(trial.source.location)
    said = trial.title if trial.title.isascii() else ""
    words = re.sub(r"[^a-z0-9]+", "-", (said or address.hostname or Path(address.path).name).lower())[:_NAME].strip("-")
    name = words or "source"
    if name in taken:
        name = f"{name}-{hashlib.sha256(trial.source.location.encode()).hexdigest()[:6]}"
    return name


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_context
def import_(ctx: click.Context, file: Path) -> None:
    """Write a source to the configuration for each subscription of an OPML FILE that is not there yet."""
    from feedsvc.app.config_editor import add_to_config  # noqa: PLC0415 - most calls only list
    from feedsvc.app.subscription_import import read_subscriptions, table_of  # noqa: PLC0415 - as above

    path = find_config(ctx.obj)
    config = read_config(path)
    found = read_subscriptions(file)
    there = {each.location for each in config.sources} | {each.name for each in config.sources}
    tables = [table_of(each) for each in found.outlines]
    added = [row for row in tables if there.isdisjoint((row["url"], row["name"]))]
    if added:
        add_to_config(path, added)
    for reason in found.refused:
        click.echo(visible(f"left out: {reason}"), err=True)
    click.echo(
        f"{len(added)} sources added to {path}, {len(tables) - len(added)} were there, {len(found.refused)} left out"
    )


@command.command("export")
@click.pass_context
def export(ctx: click.Context) -> None:
    """Write the feeds that are followed to stdout as OPML, with their addresses as they are configured."""
    from feedsvc.app.subscriptions import expanded  # noqa: PLC0415 - most calls only list
    from feedsvc.formats.opml import subscriptions  # noqa: PLC0415 - as above

    config = configuration(ctx)
    try:
        with open_view(config) as archive:
            config = expanded(config, archive)
    except ArchiveLostError:
        raise
    except ArchiveError:
        pass  # nothing was read yet: the configuration is all there is
    feeds = [each for each in config.sources if each.remote and KINDS[each.kind].subscribable]
    for each in config.sources:  # OPML knows feeds alone: a reader that takes a page for one only fails
        if each.remote and not (KINDS[each.kind].subscribable or KINDS[each.kind].is_list):
            click.echo(f"left out: {each.name} is a {each.kind}, which a list of feeds cannot hold", err=True)
    click.echo(subscriptions(config.title, feeds), nl=False)


# ---------------------------------------------------------------- test and resume


@command.command("test")
@click.argument("name")
@click.pass_context
def test(ctx: click.Context, name: str) -> None:
    """Read the source NAME, show requests, documents, drafts and what would be stored; write nothing."""
    from feedsvc.app.dry_run import try_source, verdicts_on  # noqa: PLC0415 - brings the parsers
    from feedsvc.app.subscriptions import expanded  # noqa: PLC0415 - most calls only list

    config = configuration(ctx)
    with ExitStack() as stack:
        try:
            archive = stack.enter_context(open_view(config))
            config = expanded(config, archive)
        except ArchiveLostError:
            raise
        except ArchiveError:
            archive = None
        known_sources(config, [name])
        source = next(each for each in config.sources if each.name == name)
        trial = try_source(source, config.fetch.user_agent, datetime.now(UTC))
        verdicts = verdicts_on(trial, archive)
    click.echo(as_lines([*_requests(trial), *_told(trial), *_drafts(trial)]))
    counts = Counter(verdict.what for verdict in verdicts)
    click.echo("a run would find: " + (", ".join(f"{n} {what}" for what, n in counts.items()) or "nothing"))
    ctx.exit(1 if trial.problems else 0)


@command.command("resume")
@click.argument("name")
@click.pass_context
def resume(ctx: click.Context, name: str) -> None:
    """Ask the source NAME again at once: one that stopped with 410 Gone, or that failed and waits."""
    with service(ctx) as opened:
        known_sources(opened.config, [name])
        opened.resume(name)
    click.echo(f"{name} is due now")


def _requests(trial: DryRun) -> Iterator[str]:
    for fetch in trial.fetches:
        yield f"request   {fetch.url}"
        if fetch.final_url not in ("", fetch.url):
            yield f"  led to  {fetch.final_url}{' (for good)' if fetch.moved_to else ''}"
        fresh = f", fresh for {_span(fetch.max_age)}" if fetch.max_age else ""
        yield (
            f"  answer  {fetch.status} {fetch.outcome}, {fetch.wire_bytes:,} bytes ({fetch.body_bytes:,} decoded)"
            f" in {fetch.seconds:.2f} s{fresh}"
        )


def _told(trial: DryRun) -> Iterator[str]:
    """Yield what was found."""
    for document in trial.documents:
        if document.head:
            yield f"document  {document.media_type or 'no media type'}, {len(document.body):,} bytes: {document.head.title!r}"
            yield from _asks(document.head.ttl, document.head.skip_hours)
    yield f"found     {trial.seen} documents, {len(trial.documents)} read, {trial.articles} articles"
    yield from (f"  failed  {each.locator}: {each.reason}" for each in trial.problems[:_SHOWN])
    yield from (f"  skipped {each.locator}: {each.reason}" for each in trial.skips[:_SHOWN])
    articles = [article for document in trial.documents for article in document.articles]
    for article in articles[:_SHOWN]:
        when = f"{article.published:%Y-%m-%d %H:%M} UTC" if article.published else "no date"
        yield f"  {when:21} {article.title}"
    if len(articles) > _SHOWN:
        yield f"  … and {len(articles) - _SHOWN} more"


def _asks(ttl: float | None, skip_hours: Sequence[int]) -> Iterator[str]:
    if ttl:
        yield f"  asks    for {_span(ttl)} between two polls"
    if skip_hours:
        yield f"  asks    for none at {', '.join(map(str, skip_hours))} h UTC"


def _drafts(trial: DryRun) -> Iterator[str]:
    """Yield what the first items say, word for word, before any rule."""
    for draft in trial.drafts[:_SHOWN]:
        yield f"draft     {draft.title[:100]!r}"
        said = {"id": draft.native_id, "link": draft.link, "date": draft.published, "updated": draft.updated}
        yield from (f"  {name:8}{value[:200]!r}" for name, value in said.items() if value)
        yield f"  body    {len(draft.body):,} characters, {draft.body_kind or 'kind unknown'}"
