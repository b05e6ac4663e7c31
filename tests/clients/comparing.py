"""What an archive holds beside what each reader read of its feeds."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from feedsvc.formats.item import item
from feedsvc.formats.site import Site
from tests.clients.reading import READERS, Read, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from feedsvc.app import Service
    from feedsvc.model import Entry

AUTHORS = "\n"  # between the authors that the archive has


def archived(service: Service, entries: Iterable[Entry]) -> list[Read]:
    """Return what a reader ought to find of `entries`."""
    config = service.config
    site = Site(url=config.url, title=config.title, namespace=service.namespace, language=config.language)
    found = [item(entry, site) for entry in entries]
    return [
        shown(
            uid=each.uid,
            title=each.title,
            link=each.permalink,
            author=AUTHORS.join(author.name for author in each.authors),
            published=each.published.timestamp() if each.published else 0,
            content=each.content or each.summary,
        )
        for each in found
    ]


def differences(wanted: Iterable[Read], found: Iterable[Read]) -> Iterator[str]:
    """Yield what is missing, too many or other, a sentence each; a date only where the archive has one."""
    there = {each.uid: each for each in found}
    for each in wanted:
        if each.uid not in there:
            yield f"{each.uid} is missing"
            continue
        one, other = asdict(each), asdict(there.pop(each.uid))
        yield from (
            f"{each.uid}: {name} is {other[name]!r:.200} instead of {one[name]!r:.200}"
            for name in one
            if not _agree(name, one[name], other[name])
        )
    yield from (f"{uid} is not in the archive" for uid in there)


def _agree(name: str, archived: str | int, read: str | int) -> bool:
    """Whether a reader read what is archived: any date where the archive has none, one author or all of them."""
    if name == "author":
        authors = str(archived).split(AUTHORS)
        return read in (*authors, ", ".join(authors))
    return archived == read or (name == "published" and not archived)


def by_reader(name: str, file: Path) -> list[Read]:
    """Return what the reader `name` finds in the feed `file`; an article that is there twice is there twice."""
    with tempfile.TemporaryDirectory() as folder:
        found = READERS[name].read(file, Path(folder))
    assert len({each.uid for each in found}) == len(found), f"{name} shows entries twice"
    return found
