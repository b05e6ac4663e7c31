"""What the plugin knows of the archive that one Datasette serves: found in a plain Datasette, told by `build`."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from feedsvc.model.layout import FEEDS
from feedsvc.serve.archive_reader import ArchiveReader
from feedsvc.serve.feeds.responses import feeds
from feedsvc.serve.login import Login
from feedsvc.serve.origins import private_hosts
from feedsvc.serve.page_urls import Links

if TYPE_CHECKING:
    from feedsvc.config import Config
    from feedsvc.serve.feeds.responses import Feeds
    from feedsvc.serve.types import Database, Datasette

_TABLES = {
    "articles",
    "article_categories",
    "categories",
    "sources",
    "articles_fts",
}  # what makes a database an archive


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedArchive:
    """One archive as it is served."""

    title: str
    url: str  # public base, no "/" at the end; "" = not known
    zone: ZoneInfo  # of the times that people see
    language: str
    public: bool  # nothing of the operator's is shown
    closed: bool = False  # nor what Datasette says of itself
    hosts: frozenset[str] | None = None  # names that are answered; None = every name
    cors: bool = False  # pages of other origins may read JSON and CSV
    feeds: Path  # directory of the feed files
    files: Feeds  # that answers them
    links: Links
    reader: ArchiveReader  # of archive.db
    ops: ArchiveReader | None  # of ops.db, where somebody may see it; `login.operation` knows who
    login: Login


_sites: WeakKeyDictionary[Datasette, ServedArchive | None] = WeakKeyDictionary()


def site_of(datasette: Datasette) -> ServedArchive | None:
    """Return what `datasette` serves, or None when no database of it is an archive of ours."""
    if datasette not in _sites:
        _sites[datasette] = _discover(datasette)
    return _sites[datasette]


def configure(datasette: Datasette, config: Config, ops: Path | None) -> ServedArchive:
    """Say what `datasette` serves, as `config` has it; `ops` is the operator's database, if that may be shown."""
    known = _sites.get(datasette)
    archive = datasette.databases["archive"]
    base, folder = datasette.setting("base_url"), Path(config.archive) / FEEDS
    hosts = private_hosts(config)
    files = known.files if known and known.feeds == folder else feeds(folder, base)
    files.admit(hosts)
    _sites[datasette] = site = ServedArchive(
        title=config.title,
        url=config.url,
        zone=ZoneInfo(config.timezone),
        language=config.language,
        public=config.serve.public,
        closed=config.serve.public,
        feeds=folder,
        hosts=hosts,
        cors=config.serve.cors,
        files=files,
        links=Links(base=base, formats=config.feeds.formats),
        reader=known.reader if known else ArchiveReader(archive.connect),
        ops=_operator(datasette, known, config, ops),
        login=Login(config.serve.login),
    )
    return site


def _operator(
    datasette: Datasette, known: ServedArchive | None, config: Config, ops: Path | None
) -> ArchiveReader | None:
    """Return the reader of the operator's database: none where nobody may see it, the one that is open, else one for `ops`."""
    from datasette.database import Database  # noqa: PLC0415 - heavy, and only there when something is served

    if config.serve.public and not config.serve.login:
        return None
    if known is not None and known.ops is not None:
        return known.ops
    return ArchiveReader(Database(datasette, path=str(ops)).connect, threads=1) if ops else None


def close(datasette: Datasette) -> None:
    """Close what the site of `datasette` holds open."""
    site = _sites.pop(datasette, None)
    for reader in (site.reader, site.ops) if site else ():
        if reader:
            reader.close()


def _discover(datasette: Datasette) -> ServedArchive | None:
    database = next((one for one in datasette.databases.values() if _is_archive(one)), None)
    if database is None:
        return None
    base, folder = datasette.setting("base_url"), Path(database.path).parent / FEEDS
    return ServedArchive(
        title=_title(datasette) or "Archive",
        url="",
        zone=ZoneInfo("UTC"),
        language="",
        public=True,
        feeds=folder,
        files=feeds(folder, base),
        links=Links(base=base, database=database.name),
        reader=ArchiveReader(database.connect),
        ops=None,
        login=Login(""),
    )


def _is_archive(database: Database) -> bool:
    if database.is_memory or not database.path:
        return False
    with suppress(Exception):  # whatever is wrong with it, it is not an archive, and Datasette will say why
        connection = database.connect()
        try:
            names = {row[0] for row in connection.execute("select name from sqlite_master")}
        finally:
            connection.close()
        return names >= _TABLES
    return False


def _title(datasette: Datasette) -> str:
    """Return the title that a plain Datasette was given: 0.65 has it in a method, 1.0 elsewhere (then: none)."""
    with suppress(Exception):
        return str(datasette.metadata("title") or "")
    return ""


def served(datasette: Datasette) -> ServedArchive:
    """Return the site of a Datasette that has one; our views are only there when it has.

    Raises:
        LookupError: none of its databases is an archive.
    """
    site = site_of(datasette)
    if site is None:
        raise LookupError("none of the databases that Datasette serves is an archive of feedsvc")
    return site
