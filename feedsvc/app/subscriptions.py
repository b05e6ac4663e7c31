"""Subscription lists: a source of kind `opml` adds one source for each feed that it lists.

    list -> outlines -> subscriptions in ops.db -> one feed source each

The feeds that ops.db holds are polled, so that no feed is lost on a day when the list cannot be read. A feed that leaves
the list is not polled any more; its articles stay, and if it returns to the list it continues under the same name.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from feedsvc.errors import SourceError
from feedsvc.model import RunReport
from feedsvc.model.catalog import KINDS
from feedsvc.ports import FetchError
from feedsvc.sources.opml import Outline, Subscriptions, load_subscriptions, source_name, sources_of
from feedsvc.store.subscription_lists import Subscription, held_subscriptions, keep_subscriptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feedsvc.config import Config
    from feedsvc.model import Source
    from feedsvc.ports import Clock, Fetch
    from feedsvc.sources import Fetcher
    from feedsvc.store.archive import Archive
    from feedsvc.store.owner import Owner


def is_list(source: Source) -> bool:
    """Return whether `source` is a subscription list."""
    return KINDS[source.kind].is_list


def expanded(config: Config, archive: Archive) -> Config:
    """Return `config` with the feeds of its lists after its own sources, except feeds that it has already."""
    lists = [source for source in config.sources if is_list(source)]
    if not lists:
        return config
    held = held_subscriptions(archive.operations, [each.name for each in lists])
    names = {source.name for source in config.sources}
    addresses = {source.location for source in config.sources}
    added: list[Source] = []
    for listing in lists:
        for source in sources_of(listing, _as_listed(held[listing.name])):
            if source.name not in names and source.location not in addresses:
                names.add(source.name)
                added.append(source)
    return replace(config, sources=(*config.sources, *added))


async def follow(listing: Source, fetcher: Fetcher, owner: Owner[Archive], clock: Clock) -> RunReport:
    """Read `listing`, update its stored subscriptions, and return and record a report as for any run."""
    report = RunReport(source=listing.name, started=clock.now())
    fetches: Sequence[Fetch] = ()
    try:
        found, fetches = await load_subscriptions(listing, fetcher)
        report.seen = report.read = len(found.outlines)
        report.skipped = len(found.refused)
        kept, at = _as_kept(found), report.started
        report.gone = await owner.run(lambda archive: keep_subscriptions(archive.operations, listing.name, kept, at))
    except SourceError as error:
        report.outcome, report.error = error.kind, str(error)
        fetches = error.fetches if isinstance(error, FetchError) else ()
    report.finished = clock.now()
    await owner.run(lambda archive: archive.record_run(report, fetches))
    return report


def _as_kept(found: Subscriptions) -> list[Subscription]:
    return [
        Subscription(source=source_name(each.url), url=each.url, title=each.title, folder=each.folder)
        for each in found.outlines
    ]


def _as_listed(held: tuple[Subscription, ...]) -> Subscriptions:
    return Subscriptions(outlines=tuple(Outline(url=e.url, title=e.title, folder=e.folder) for e in held))
