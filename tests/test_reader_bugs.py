"""A reader with a bug, met at once or late: a failed run of its source, and nothing else. What was read before is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from feedsvc import ingest as ingest_stage
from feedsvc.errors import ArchiveFullError
from feedsvc.model import RawDocument, Source
from feedsvc.ports import Reading
from feedsvc.sources import KINDS
from tests.services import Home, a_post, ingest_and_status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

MANY = 10


class Broken:
    """Reads as many documents of any source as it may, and then fails for a bug; `sound` readers do not fail."""

    def __init__(self, after: int, error: Exception) -> None:
        self.after, self.error, self.sound = after, error, False

    async def read(self, source: Source, known: Mapping[str, str], now: datetime) -> Reading:
        present = None if source.remote else {f"{n}.md" for n in range(MANY)}
        return Reading(documents=self._documents(source, known, now), present=present)

    def _documents(self, source: Source, known: Mapping[str, str], now: datetime) -> Iterator[RawDocument]:
        for number in range(MANY):
            if number == self.after and not self.sound:
                raise self.error
            body = a_post(f"Post {number}", f"The text of post {number}.").encode()
            name, mark = f"{number}.md", str(len(body))
            if known.get(name) != mark:
                yield RawDocument(
                    source=source.name,
                    locator=name,
                    media_type="text/markdown",
                    body=body,
                    fingerprint=mark,
                    fetched_at=now,
                )


@pytest.fixture(params=["directory", "feed"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[Home, Broken]]]:
    homes: list[Home] = []

    def made(after: int, error: Exception | None = None) -> tuple[Home, Broken]:
        broken = Broken(after, error or KeyError("guid"))
        real = KINDS[kind]
        monkeypatch.setitem(
            KINDS._loaded,  # type: ignore[arg-type] # what was imported before is asked first
            kind,
            lambda *parts: _ByName(broken, real(*parts)),
        )
        place = "https://broken.example/feed" if kind == "feed" else str(tmp_path / "broken")
        sick = Source(name="sick", kind=kind, location=place, every=600.0)  # type: ignore[arg-type]
        posts = Source(name="posts", kind="directory", location=str(tmp_path / "content"), every=600.0)
        homes.append(Home(tmp_path, sick, posts))
        homes[-1].write("a.md", a_post("The other source"))
        return homes[-1], broken

    yield made
    for home in homes:
        home.close()


class _ByName:
    """The broken reader for the source `sick`, the real one for every other."""

    def __init__(self, broken: Broken, real: Any) -> None:
        self.broken, self.real = broken, real

    async def read(self, source: Source, *rest: Any) -> Reading:
        reading: Reading = await (self.broken if source.name == "sick" else self.real).read(source, *rest)
        return reading


@pytest.mark.parametrize("after", [0, 1, 5, MANY - 1])
@pytest.mark.parametrize("size", [2, 250])
def test_what_was_read_before_the_bug_is_kept_and_the_others_are_read(
    after: int, size: int, make: Callable[..., tuple[Home, Broken]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest_stage, "BATCH_DOCUMENTS", size)
    home, _ = make(after)
    sick, posts = home.service.ingest_now(["sick", "posts"])
    assert (sick.outcome, sick.added, sick.gone) == ("bug", after, 0)
    assert "KeyError in its reader" in sick.error
    assert (posts.outcome, posts.added) == ("ok", 1)
    assert home.titles() == sorted(["The other source", *(f"Post {n}" for n in range(after))])
    (run,) = home.view.operations.db.query("select outcome, error, added from runs where source = 'sick'")
    assert run == {"outcome": "bug", "error": sick.error, "added": after}


def test_a_source_whose_reader_has_a_bug_is_not_ok_and_is_asked_again_later(
    make: Callable[..., tuple[Home, Broken]],
) -> None:
    home, _ = make(3)
    home.service.ingest_now(["sick", "posts"])
    health = {each.source: each for each in home.service.health()}
    assert (health["sick"].healthy, health["sick"].word) == (False, "failed 1x")
    assert "KeyError" in health["sick"].error
    assert health["posts"].healthy
    assert health["sick"].due is not None
    assert health["sick"].due > home.clock.now()


def test_a_bug_after_good_runs_forgets_no_fingerprint_and_marks_nothing_as_gone(
    make: Callable[..., tuple[Home, Broken]],
) -> None:
    home, broken = make(3)
    broken.sound = True
    home.ingest("sick")
    before = home.view.fingerprints("sick")
    assert len(before) == MANY
    broken.sound = False
    report = home.ingest("sick")
    assert (report.outcome, report.gone) == ("bug", 0)
    assert home.view.fingerprints("sick") == before
    broken.sound = True
    assert home.ingest("sick").outcome == "unchanged"


def test_an_archive_that_is_full_ends_the_run_as_before(make: Callable[..., tuple[Home, Broken]]) -> None:
    home, _ = make(2, ArchiveFullError("no room"))
    with pytest.raises(ArchiveFullError):
        home.service.ingest_now(["sick"])


def test_the_commands_tell_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = KINDS["directory"]
    broken = Broken(1, KeyError("guid"))
    monkeypatch.setitem(KINDS._loaded, "directory", lambda *parts: _ByName(broken, real(*parts)))  # type: ignore[arg-type]
    for name in ("sick", "posts"):
        (tmp_path / name).mkdir()
    (tmp_path / "posts" / "a.md").write_text(a_post("The other source"))
    monkeypatch.chdir(tmp_path)
    for code, said in ingest_and_status(tmp_path, "sick", "posts", capsys=capsys):
        assert code == 1
        assert "KeyError in its reader" in said
