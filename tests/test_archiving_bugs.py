"""A bug in what puts articles into the archive: a failed run of its source, recorded, with nothing lost for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from feedsvc import ingest as ingest_stage
from feedsvc.errors import ArchiveFullError
from feedsvc.model import Source
from feedsvc.store.archive import Archive
from feedsvc.store.batch_writer import BatchWriter
from tests.services import Home, a_post, ingest_and_status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MANY = 10
TITLES = [f"Post {number}" for number in range(MANY)]


class Bug:
    """Fails once for the source `sick` after `after` of its batches, at one of the places where articles are archived."""

    def __init__(self, where: str, after: int, error: Exception, patch: pytest.MonkeyPatch) -> None:
        self.after, self.error, self.fixed = after, error, False
        owner, name = {
            "fingerprints": (Archive, "fingerprints"),
            "reconcile": (ingest_stage, "reconcile"),
            "commit": (Archive, "commit"),
            "transaction": (BatchWriter, "write"),
        }[where]
        real: Callable[..., Any] = getattr(owner, name)

        def broken(*arguments: Any) -> Any:
            done = real(*arguments) if where == "transaction" else None  # the rows are written, and not committed
            if self._is_sick(arguments) and not self.fixed:
                if self.after == 0:
                    raise self.error
                self.after -= 1
            return done if where == "transaction" else real(*arguments)

        patch.setattr(owner, name, broken)

    def _is_sick(self, arguments: tuple[Any, ...]) -> bool:
        first, *rest = arguments
        if isinstance(first, BatchWriter):
            return first.batch.source.name == "sick"
        if isinstance(first, Archive):
            return "sick" in (rest[0], getattr(getattr(rest[0], "source", None), "name", ""))
        return any(article.title in TITLES for article in first)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    sick = Source(name="sick", kind="directory", location=str(tmp_path / "sick"), every=600.0)
    posts = Source(name="posts", kind="directory", location=str(tmp_path / "content"), every=600.0)
    home = Home(tmp_path, sick, posts)
    home.write("a.md", a_post("The other source"))
    (tmp_path / "sick").mkdir()
    for number, title in enumerate(TITLES):
        (tmp_path / "sick" / f"{number}.md").write_text(a_post(title, f"The text of post {number}."))
    yield home
    home.close()


@pytest.mark.parametrize("error", [KeyError("uid"), StopIteration(), ValueError("金")], ids=repr)
@pytest.mark.parametrize(
    ("where", "after"),
    [("fingerprints", 0), *((where, after) for where in ("reconcile", "commit", "transaction") for after in (0, 2))],
)
def test_the_run_is_recorded_as_failed_the_others_are_read_and_the_next_run_reads_what_is_left(
    where: str, after: int, error: Exception, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest_stage, "BATCH_DOCUMENTS", 2)
    bug = Bug(where, after, error, monkeypatch)
    sick, posts = home.service.ingest_now(["sick", "posts"])
    assert (sick.outcome, sick.added, sick.gone) == ("bug", 2 * after, 0)
    name = "RuntimeError" if isinstance(error, StopIteration) else type(error).__name__  # PEP 479, for threads
    assert f"{name} in what puts its articles into the archive" in sick.error
    assert (posts.outcome, posts.added) == ("ok", 1)
    assert home.titles() == sorted(["The other source", *TITLES[: 2 * after]])
    (run,) = home.view.operations.db.query("select outcome, error, added from runs where source = 'sick'")
    assert run == {"outcome": "bug", "error": sick.error, "added": 2 * after}
    health = {each.source: each for each in home.service.health()}
    assert (health["sick"].healthy, health["posts"].healthy) == (False, True)
    bug.fixed = True
    assert home.counts("sick") == {"added": MANY - 2 * after}
    assert home.titles() == sorted(["The other source", *TITLES])


def test_a_bug_while_documents_that_are_gone_are_noted_is_recorded_and_they_are_noted_by_the_next_run(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.ingest("sick")
    (tmp_path / "sick" / "3.md").unlink()
    bug = Bug("transaction", 0, KeyError("locator"), monkeypatch)
    report = home.ingest("sick")
    assert (report.outcome, report.gone) == ("bug", 0)
    bug.fixed = True
    assert home.counts("sick") == {"gone": 1}


def test_an_archive_that_is_full_ends_the_run_as_before(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    Bug("commit", 0, ArchiveFullError("no room"), monkeypatch)
    with pytest.raises(ArchiveFullError):
        home.service.ingest_now(["sick"])


def test_the_commands_tell_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Bug("commit", 0, KeyError("uid"), monkeypatch)
    for name in ("sick", "posts"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.md").write_text(a_post(f"A post of {name}"))
    monkeypatch.chdir(tmp_path)
    for code, said in ingest_and_status(tmp_path, "sick", "posts", capsys=capsys):
        assert code == 1
        assert "KeyError in what puts its articles into the archive" in said
