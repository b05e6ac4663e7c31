"""Maintenance of an archive: replay, doctor, backup, withdrawals."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from feedsvc.app.archive_access import ReplayAccess
from feedsvc.app.pictures.maintenance import hide_pictures, mend_pictures
from feedsvc.errors import ConfigError
from feedsvc.model.layout import FEEDS, SUFFIXES
from feedsvc.replay import ReplayReport, replay
from feedsvc.store.integrity import REBUILD, Finding, examine, rebuild
from feedsvc.store.snapshot import back_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from feedsvc.app.service import Service
    from feedsvc.store.archive import Archive
    from feedsvc.store.withdrawals import Found

__all__ = ["Finding", "ReplayReport", "back_up", "examine", "examine_feeds", "make_anew", "replay_now", "withdraw_now"]

MEND = "mend that [[feed]] of config.toml, then run `feedsvc emit`"


def replay_now(
    service: Service,
    names: Sequence[str] = (),
    *,
    apply: bool,
    announce: bool,
    progress: Callable[[ReplayReport], None] | None = None,
) -> ReplayReport:
    """Normalise the captures of the sources `names` (none = all) again, and emit what that changed.

    Raises:
        ArchiveError: the archive cannot be read or written; batches that were written stay.
        ConfigError: a capture needs a library that is not installed; batches that were written stay.
    """
    report = ReplayReport(applied=apply)
    with service.view() as view:
        for source in service.config.sources:
            if not names or source.name in names:
                replay(
                    source,
                    ReplayAccess(view, service.owner),
                    service.executor(source),
                    service.clock,
                    apply=apply,
                    announce=announce,
                    report=report,
                    progress=progress,
                )
        stale = view.stale_feeds()
    if apply and stale:
        service.emit_now()
    return report


def examine_feeds(service: Service) -> list[Finding]:
    """Return which feeds cannot be rendered, and which published documents are not what the archive gives.

    Stale feeds are reported as a note, not as a fault; nothing else is examined then.
    """
    if waiting := service.stale_feeds():
        what = f"{len(waiting)} feeds wait to be emitted"
        return [Finding(level="note", where=FEEDS, what=what, remedy="run `feedsvc emit`")]
    seen = _Onlooker(Path(service.config.archive) / FEEDS)
    report = service.emit_now(everything=True, publisher=seen, mark=False)
    found = [Finding(level="fault", where=FEEDS, what=each, remedy=MEND) for each in report.problems]
    if seen.different:
        what = f"{len(seen.different)} documents are not what the archive gives, such as {seen.different[0]}"
        found.append(Finding(level="fault", where=FEEDS, what=what, remedy=REBUILD))
    return found


def make_anew(service: Service) -> None:
    """Rebuild everything that is derived from the articles: search index, counts, pictures and feeds."""
    service.owner.call(rebuild)
    mend_pictures(service)
    service.emit_now(everything=True)


def withdraw_now(service: Service, names: Sequence[str], why: str = "", *, undo: bool = False) -> list[Found]:
    """Take the articles `names` (number, uuid, uid or address) back because of `why`, or `undo` that; emit what changed.

    An article that is in that state already stays as it is and is not among those that are returned.

    Raises:
        ConfigError: the archive has no article of one of the names; nothing is changed then.
        ArchiveError: the archive cannot be written.
    """
    at = service.clock.now()
    changed = service.owner.call(lambda archive: _withdraw(archive, names, why, at, undo=undo))
    if changed:
        # Pictures are hidden first, so that a failure while feeds are rendered leaves no withdrawn picture visible.
        hide_pictures(service)
        service.emit_now()
    return changed


def _withdraw(archive: Archive, names: Sequence[str], why: str, at: datetime, *, undo: bool) -> list[Found]:
    changed = []
    found = {name: archive.find(name) for name in names}
    if unknown := [name for name, article in found.items() if article is None]:
        raise ConfigError(f"no article {', '.join(map(repr, unknown))}; `feedsvc search --json` shows ids")
    for article in found.values():
        if article is None or undo == (article.withdrawn is None):
            continue
        if undo:
            archive.restore(article, at)
        else:
            archive.withdraw(article, why, at)
        changed.append(article)
    return changed


class _Onlooker:
    """A publisher that writes nothing, and records what it would have changed. Implements `feedsvc.ports.Publisher`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.different: list[str] = []

    def batch(self) -> AbstractContextManager[None]:
        """Return a context manager that does nothing."""
        return nullcontext()

    def publish(self, path: str, body: bytes, coded: Mapping[str, Callable[[], bytes]] | None = None) -> bool:
        """Compare `body` with the published file; the compressed files beside it are not compared."""
        del coded
        file = self._root / path
        same = file.is_file() and file.read_bytes() == body
        if not same:
            self.different.append(path)
        return not same

    def withdraw(self, path: str) -> bool:
        """Record that the file at `path` should not exist."""
        self.different.append(path)
        return True

    def has(self, path: str) -> bool:
        """Return whether something is published at `path`."""
        return (self._root / path).is_file()

    def paths(self) -> Iterator[str]:
        """Yield every path that is published."""
        files = (file for file in self._root.rglob("*") if file.is_file() and not file.name.endswith(SUFFIXES))
        return (str(file.relative_to(self._root)) for file in files)
