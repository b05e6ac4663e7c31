"""How it stands with pictures: what status, the quarantine's list and `doctor` say of them. Nothing here writes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from feedsvc.store.connection import sqlite_errors
from feedsvc.store.integrity import REBUILD, Finding, named
from feedsvc.store.pictures.picture_files import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feedsvc.store.archive import Archive
    from feedsvc.store.pictures.picture_files import PictureFiles

RESTORE = "put them back from a backup, which has them below media/; else `feedsvc doctor --fix` has them fetched again"


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureHealth:
    """Counts of pictures."""

    kept: int
    size: int  # bytes, of those
    waiting: int  # to be tried, or tried again
    given_up: int


def standing(archive: Archive) -> PictureHealth:
    """Return how many pictures `archive` has, and how many it has not."""
    with sqlite_errors(archive.path):
        kept, size = archive.db.conn.execute("select count(*), coalesce(sum(bytes), 0) from media").fetchone()
    with sqlite_errors(archive.operations.path):
        waiting, wanted = archive.operations.db.conn.execute("select count(due), count(*) from media_queue").fetchone()
    return PictureHealth(kept=kept, size=size, waiting=waiting, given_up=wanted - waiting)


def troubles(archive: Archive) -> list[dict[str, Any]]:
    """Return the pictures that could not be kept, those of the newest articles first; `due` is null for what was given up."""
    with sqlite_errors(archive.operations.path):
        return list(
            archive.operations.db.query(
                "select url, source, article, kind, error, tries, since, due from media_queue where kind <> ''"
                " order by article desc, url"
            )
        )


def examine_pictures(archive: Archive, gallery: PictureFiles, *, whole: bool) -> Iterator[Finding]:
    """Yield what is wrong with the pictures of `archive`; files that nobody names only when nobody writes (`whole`)."""
    with sqlite_errors(archive.path):
        rows = archive.db.conn.execute("select digest, media_type from media order by digest").fetchall()
    names = {name_of(digest, media_type): digest for digest, media_type in rows}
    yield from named(
        (name for name, digest in names.items() if not gallery.is_sound(digest, name)),
        lambda wrong: Finding(
            level="damage",
            where="media",
            what=f"the files of {wrong} are not there or not what was kept",
            remedy=RESTORE,
        ),
    )
    if whole:
        yield from named(
            (name for name in sorted(gallery.names()) if name not in names),
            lambda wrong: Finding(level="note", where="media", what=f"no article names {wrong}", remedy=REBUILD),
        )
