"""A real service over its own directory, for the tests of ingest, app and commands."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import pytest

from feedsvc import __version__
from feedsvc.app import Service
from feedsvc.app.pictures.policy import PicturePolicy
from feedsvc.commands import cli
from feedsvc.config import Config
from feedsvc.model import Selection, Source
from feedsvc.store.archive import Archive
from tests.fakes import HandClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from feedsvc.model import Entry, RunReport

T = TypeVar("T")

NAMESPACE = UUID("0d2a6a4e-6a0e-4c1c-9d0c-3f1f0a1b2c3d")
COUNTED = ("added", "revised", "moved", "unchanged", "skipped", "failed", "gone")


def hourly(source: Source, now: datetime, *, zone: str) -> datetime:
    """Return an hour from `now`. A planner for tests that do not look at schedules."""
    del source, zone
    return now + timedelta(hours=1)


def a_post(title: str = "On harbours", text: str = "Ropes, gulls and a tide table.", **front: str) -> str:
    """Return a Markdown post; `front` are further lines of its front matter."""
    head = {
        "title": json.dumps(title, ensure_ascii=False),
        "date": "2024-03-01 08:30:15",
        "categories": "[notes]",
        **front,
    }
    lines = "\n".join(f"{name}: {value}" for name, value in head.items() if value)
    return f"---\n{lines}\n---\n\n{text}\n"


class Home:
    """A folder with content/ and archive/, and a service on it; time stands still between two ingests."""

    def __init__(self, folder: Path, *sources: Source, **options: Any) -> None:
        self.folder = folder
        self.content = folder / "content"
        self.content.mkdir(parents=True, exist_ok=True)
        posts = Source(name="posts", kind="directory", location=str(self.content), every=600.0)
        self.config = Config(archive=str(folder / "archive"), sources=sources or (posts,), **options)
        self.clock = HandClock()
        self._view: Archive | None = None
        self.service = self.opened()

    def opened(self) -> Service:
        """Return a service on this folder; there can be one at a time."""
        self._forget_view()
        return Service(self.config, "test", planner=hourly, clock=self.clock, namespace=NAMESPACE)

    def write(self, name: str, text: str) -> Path:
        path = self.content / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def ingest(self, name: str = "posts", *, emit: bool = False) -> RunReport:
        """Read a source, an hour after the last time."""
        self.clock.pass_by(hours=1)
        (report,) = self.service.ingest_now([name], emit=emit)
        return report

    def counts(self, name: str = "posts") -> dict[str, int]:
        """Read a source; return what the report counts that is not 0."""
        report = self.ingest(name)
        assert not report.failures, report.failures
        return {each: getattr(report, each) for each in COUNTED if getattr(report, each)}

    def entries(self, **selection: Any) -> list[Entry]:
        with self.service.view() as archive:
            return list(archive.select(Selection(**selection), 1000))

    def titles(self, **selection: Any) -> list[str]:
        return sorted(entry.title for entry in self.entries(**selection))

    def only(self) -> Entry:
        (entry,) = self.entries()
        return entry

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a query over archive.db."""
        with sqlite3.connect(self.folder / "archive" / "archive.db") as db:
            found = db.execute(sql, values).fetchall()
        db.close()
        return found

    @property
    def view(self) -> Archive:
        """The archive as a reader beside the service sees it; in the thread that asks first, and in no other."""
        if self._view is None:
            self._view = Archive(self.folder / "archive", __version__, readonly=True)
            self._view.shown = PicturePolicy(lambda: self.service.config)
        return self._view

    def owner_does(self, work: Callable[[Archive], T]) -> T:
        """Return what the owner of the archive makes of `work`: for what is written to it behind the back of the service."""
        return self.service.owner.call(work)

    def close(self) -> None:
        self._forget_view()
        self.service.close_now()

    def _forget_view(self) -> None:
        if self._view is not None:
            self._view.close()
        self._view = None


def ingest_and_status(folder: Path, *names: str, capsys: pytest.CaptureFixture[str]) -> Iterator[tuple[object, str]]:
    """Run `feedsvc ingest` and `feedsvc status` in `folder`, the working directory, with a directory source for each of `names`.

    Yield the exit code and the output of each.
    """
    sources = (f'[[source]]\nname = "{name}"\nkind = "directory"\npath = "{name}"\n' for name in names)
    (folder / "config.toml").write_text("".join(sources))
    for command in ("ingest", "status"):
        with pytest.raises(SystemExit) as ended:
            cli.main([command], prog_name="feedsvc")
        yield ended.value.code, capsys.readouterr().out
