"""The one way into the archive, end to end: real files, real rules, a real archive."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedsvc import ingest as ingesting
from feedsvc.errors import ArchiveFullError, SourceError
from feedsvc.executors import LocalExecutor
from feedsvc.ingest import digest, ingest
from feedsvc.model import Failure, RawDocument, Skip, Source
from feedsvc.ports import Intake
from feedsvc.store.owner import Owner
from tests.fakes import NOON, HandClock, MemoryReader
from tests.fakes_store import InOrder, MemoryStore
from tests.services import Home, a_post

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from feedsvc.model import Batch, RunReport

BROKEN = b"---\n: : : [\n---\nNothing that names a field.\n"
PEARS = "Graft in March while the buds still sleep, bind with raffia, and seal the cut against rain: pears forgive late hands."
SHIPS = "Three cutters and a pilot boat came in with the tide; the harbour master counted them twice, as he does on Mondays."


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    opened = Home(tmp_path)
    yield opened
    opened.close()


# ---------------------------------------------------------------- a directory over time


def test_a_new_file_is_a_new_article(home: Home) -> None:
    home.write("sea/harbour.md", a_post())
    assert home.counts() == {"added": 1}
    entry = home.only()
    assert (entry.title, entry.revision, entry.categories) == ("On harbours", 1, (("notes",),))
    assert "Ropes, gulls" in entry.content


def test_a_second_look_opens_nothing(home: Home) -> None:
    home.write("a.md", a_post())
    home.ingest()
    report = home.ingest()
    assert (report.outcome, report.seen, report.read) == ("unchanged", 1, 0)


def test_an_edit_keeps_the_id_and_the_old_text(home: Home) -> None:
    home.write("a.md", a_post(text=SHIPS))
    home.ingest()
    before = home.only()
    home.write("a.md", a_post(text=f"{SHIPS} One more came at night."))
    assert home.counts() == {"revised": 1}
    after = home.only()
    assert (after.uuid, after.uid, after.revision) == (before.uuid, before.uid, 2)
    assert after.updated > before.updated
    (old, new) = home.rows("select text, content from revisions order by revision")
    assert old[0].strip() == SHIPS
    assert new == (None, None)  # the current text stands with the article alone


def test_a_file_that_is_only_touched_is_unchanged(home: Home) -> None:
    path = home.write("a.md", a_post())
    home.ingest()
    os.utime(path, (1_600_000_000, 1_600_000_000))
    report = home.ingest()
    assert (report.read, report.unchanged, report.revised) == (1, 1, 0)
    assert home.view.change() == 1


@pytest.mark.parametrize("place", ["b.md", "deep/er/a.md", "另一处/港口.md"])
def test_a_moved_file_keeps_its_id(place: str, home: Home) -> None:
    path = home.write("a.md", a_post(text=SHIPS))
    home.ingest()
    before = home.only()
    (home.content / place).parent.mkdir(parents=True, exist_ok=True)
    path.rename(home.content / place)
    assert home.counts() == {"moved": 1, "gone": 1}
    assert home.only() == before
    assert home.rows("select locator from articles") == [(place,)]


def test_a_file_that_moves_a_week_after_it_vanished_keeps_its_id(home: Home) -> None:
    home.write("a.md", a_post(text=SHIPS)).unlink()
    home.write("a.md", a_post(text=SHIPS))
    home.ingest()
    before = home.only()
    (home.content / "a.md").unlink()
    assert home.counts() == {"gone": 1}
    home.clock.pass_by(days=7)
    home.write("b.md", a_post(text=SHIPS))
    assert home.counts() == {"moved": 1}
    assert home.only() == before


def test_a_moved_file_with_another_title_keeps_its_id(home: Home) -> None:
    long = SHIPS * 4
    home.write("a.md", a_post("On harbours", long))
    home.ingest()
    before = home.only()
    (home.content / "a.md").unlink()
    home.write("b.md", a_post("On cutters", long))
    assert home.counts() == {"revised": 1, "gone": 1}
    assert (home.only().uuid, home.only().title) == (before.uuid, "On cutters")


def test_a_deleted_file_leaves_its_article_and_its_return_is_no_news(home: Home) -> None:
    home.write("a.md", a_post())
    home.ingest()
    before = home.only()
    change = home.view.change()
    (home.content / "a.md").unlink()
    assert home.counts() == {"gone": 1}
    assert home.only() == before
    home.write("a.md", a_post())
    assert home.counts() == {"unchanged": 1}
    assert (home.only(), home.view.change()) == (before, change)


def test_a_file_replaced_by_a_foreign_one_is_two_articles(home: Home) -> None:
    home.write("a.md", a_post("On harbours", SHIPS))
    home.ingest()
    before = home.only()
    home.write("a.md", a_post("Grafting", PEARS, date="2025-02-02 10:11:12"))
    assert home.counts() == {"added": 1}
    assert home.titles() == ["Grafting", "On harbours"]
    assert before in home.entries()


def test_a_vanished_directory_loses_nothing(home: Home) -> None:
    home.write("a.md", a_post())
    home.ingest()
    shutil.rmtree(home.content)
    report = home.ingest()
    assert (report.outcome, report.gone) == ("missing", 0)
    assert home.titles() == ["On harbours"]
    home.content.mkdir()
    assert home.counts() == {"gone": 1}
    assert home.titles() == ["On harbours"]


def test_crawl_dates_and_placeholder_pictures_make_no_revision(home: Home) -> None:
    post = "---\ntitle: 港口\ndate: {date}\ncategories: [海]\nthumbnail: https://picsum.photos/{n}\n---\n\n{text}\n"
    home.write("a.md", post.format(date="2024-03-01 08:30:15", n=1, text=SHIPS))
    home.ingest()
    before, change = home.only(), home.view.change()
    for n in range(2, 7):
        home.write("a.md", post.format(date=f"2024-03-0{n} 09:11:0{n}", n=n, text=SHIPS + "\n" * n))
        assert home.counts() == {"unchanged": 1}
    assert (home.only(), home.view.change()) == (before, change)
    assert home.rows("select count(*) from revisions") == [(1,)]


def test_counts_of_categories_are_exact_after_moves_between_them(home: Home) -> None:
    for number in range(3):
        home.write(f"{number}.md", a_post(f"Post {number}", f"{SHIPS} {number}", categories="[[sea, ports], [notes]]"))
    home.ingest()
    home.write("0.md", a_post("Post 0", f"{SHIPS} 0", categories="[[sea, piers]]"))
    home.write("1.md", a_post("Post 1", f"{SHIPS} 1", categories="[[sea]]"))
    home.ingest()
    counted = dict(home.rows("select path, article_count from categories"))
    assert counted == {"sea": 3, "sea/ports": 1, "sea/piers": 1, "notes": 1}
    assert counted == {path: len(home.entries(category=tuple(path.split("/")))) for path in counted}


# ---------------------------------------------------------------- what cannot be read


def test_what_cannot_be_understood_is_quarantined_with_its_bytes_and_the_rest_goes_on(home: Home) -> None:
    home.write("a.md", a_post())
    (home.content / "broken.md").write_bytes(BROKEN)
    report = home.ingest()
    assert (report.added, report.failed) == (1, 1)
    (row,) = home.view.operations.failures()
    whole = home.view.operations.failure(row["id"])
    assert whole is not None
    assert (row["locator"], whole["body"]) == ("broken.md", BROKEN)


def test_what_failed_rests_until_it_changes(home: Home) -> None:
    (home.content / "broken.md").write_bytes(BROKEN)
    home.ingest()
    assert home.ingest().read == 0
    home.write("broken.md", a_post())
    assert home.counts() == {"added": 1}
    assert home.view.operations.failures() == []


def test_a_broken_edit_leaves_the_article_as_it_was(home: Home) -> None:
    home.write("a.md", a_post())
    home.ingest()
    before = home.only()
    (home.content / "a.md").write_bytes(BROKEN)
    assert home.ingest().failed == 1
    assert home.only() == before


def test_a_failure_of_a_deleted_file_leaves_the_quarantine(home: Home) -> None:
    path = home.content / "broken.md"
    path.write_bytes(BROKEN)
    home.ingest()
    path.unlink()
    home.ingest()
    assert home.view.operations.failures() == []


def test_a_draft_is_left_out_and_said(home: Home) -> None:
    home.write("a.md", a_post(draft="true"))
    report = home.ingest()
    assert (report.skipped, report.added) == (1, 0)
    assert "drafts = true" in report.skips[0].reason
    home.write("a.md", a_post(draft="false"))
    assert home.counts() == {"added": 1}


def test_digesting_never_raises_and_names_a_bug_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("heading")

    monkeypatch.setattr("feedsvc.rules.normalise", broken)
    found = digest(a_document(a_post()), Source(name="posts", kind="directory", location="/srv"))
    (failure,) = found.failures
    assert (failure.kind, failure.stage, found.articles) == ("bug", "normalise", ())
    assert "KeyError" in failure.reason
    assert "Traceback" in failure.trace


def a_document(text: str, locator: str = "a.md") -> RawDocument:
    return RawDocument(
        source="posts",
        locator=locator,
        media_type="text/markdown",
        body=text.encode(),
        fingerprint="f",
        fetched_at=NOON,
    )


# ---------------------------------------------------------------- by the seams alone


POSTS = Source(name="posts", kind="directory", location="/srv/posts")


class Kept(MemoryStore):
    """A store that remembers its batches, and can refuse one."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[Batch] = []
        self.full_at = 0  # number of the batch that finds no room

    def commit(self, batch: Batch) -> None:
        self.batches.append(batch)
        if len(self.batches) == self.full_at:
            raise ArchiveFullError("no room")
        super().commit(batch)


async def run(reader: MemoryReader, store: MemoryStore, **options: Any) -> RunReport:
    ports = Intake(reader=reader, archive=InOrder(store), executor=LocalExecutor(), clock=HandClock())
    return await ingest(POSTS, ports, **options)


def many(number: int) -> MemoryReader:
    return MemoryReader(**{f"{n:03}.md": a_post(f"Post {n}", f"{SHIPS} {n}") for n in range(number)})


async def test_a_batch_is_bounded_by_documents_and_by_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingesting, "BATCH_DOCUMENTS", 4)
    store = Kept()
    await run(many(10), store)
    assert [len(batch.documents) for batch in store.batches] == [4, 4, 2]
    monkeypatch.setattr(ingesting, "BATCH_BYTES", 500)
    store = Kept()
    await run(many(6), store)
    assert [len(batch.documents) for batch in store.batches] == [3, 3]


async def test_what_was_committed_before_the_archive_is_full_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingesting, "BATCH_DOCUMENTS", 2)
    store, reader = Kept(), many(6)
    store.full_at = 2
    with pytest.raises(ArchiveFullError):
        await run(reader, store)
    assert len(store.entries) == 2
    report = await run(reader, store)
    assert (report.read, report.added, len(store.entries)) == (4, 4, 6)


async def test_progress_is_told_after_each_batch_and_can_stop_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingesting, "BATCH_DOCUMENTS", 2)
    seen: list[int] = []

    def tell(report: RunReport) -> None:
        seen.append(report.read)
        if report.read == 4:
            raise InterruptedError

    store = Kept()
    with pytest.raises(InterruptedError):
        await run(many(6), store, progress=tell)
    assert (seen, len(store.entries)) == ([2, 4], 4)


async def test_what_a_reader_says_of_a_document_reaches_the_batch_and_the_report() -> None:
    reader = MemoryReader()
    reader.documents = {
        "a.md": a_post(),
        "b.md": Failure(source="posts", locator="b.md", stage="read", kind="permission", reason="no right"),
        "c.md": Skip(source="posts", locator="c.md", reason="a placeholder of the cloud", fingerprint="s"),
    }
    store = Kept()
    report = await run(reader, store)
    assert (report.seen, report.read, report.added, report.failed, report.skipped) == (3, 1, 1, 1, 1)
    assert [each.reason for each in (*report.failures, *report.skips)] == ["no right", "a placeholder of the cloud"]
    assert (len(store.batches[0].failures), len(store.batches[0].skips)) == (1, 1)


async def test_a_report_lists_the_first_hundred_failures_and_counts_all() -> None:
    reader = MemoryReader()
    reader.documents = {
        f"{n:03}.md": Failure(source="posts", locator=f"{n:03}.md", stage="read", kind="io", reason="no")
        for n in range(130)
    }
    report = await run(reader, Kept())
    assert (report.failed, len(report.failures), report.failures[0].locator) == (130, 100, "000.md")


async def test_a_source_that_cannot_be_read_is_a_report_and_changes_nothing() -> None:
    store, reader = Kept(), many(2)
    await run(reader, store)
    reader.error = SourceError("the disk is not mounted", kind="missing")
    report = await run(reader, store)
    assert (report.outcome, report.error, report.gone) == ("missing", "the disk is not mounted", 0)
    assert len(store.batches) == 1
    assert [each.outcome for each, _ in store.runs] == ["ok", "missing"]


async def test_what_is_not_there_any_more_is_gone() -> None:
    store, reader = Kept(), many(3)
    await run(reader, store)
    del reader.documents["001.md"]
    report = await run(reader, store)
    assert (report.gone, store.batches[-1].gone, len(store.entries)) == (1, ("001.md",), 3)


# ---------------------------------------------------------------- the same archive, whichever way


def the_archive(home: Home) -> list[tuple[Any, ...]]:
    """Return what the archive holds, without the times at which it came in."""
    articles = home.rows(
        "select uuid, uid, locator, title, text_digest, digest, published, published_from, revision,"
        " (select group_concat(path) from (select c.path from article_categories ac join categories c on c.id = ac.category"
        " where ac.article = a.id order by c.path)), (select count(*) from also_in t where t.article = a.id)"
        " from articles a order by uuid"
    )
    return [
        *articles,
        *home.rows("select path, article_count, slug from categories order by path"),
        *home.rows("select name, article_count from authors order by name"),
        *home.rows("select name, article_count from sources"),
        *home.rows("select source, kind, value, count(*) from aliases group by 1, 2, 3 order by 1, 2, 3"),
        *home.rows("select locator, digest, outcome from documents order by locator"),
    ]


@st.composite
def posts(draw: st.DrawFn) -> dict[str, str]:
    """Return a small set of posts by file name: twins, sub-folders, several categories, some without a date."""
    found = {}
    for number in range(draw(st.integers(2, 7))):
        folder = draw(st.sampled_from(["", "sea/", "陆地/"]))
        text = draw(st.sampled_from([SHIPS, PEARS, "Read more", SHIPS * 3, "一则短讯。"]))
        found[f"{folder}{number}.md"] = a_post(
            draw(st.sampled_from(["On harbours", "Grafting", "404", "每日"])),
            text,
            date=draw(st.sampled_from(["2024-03-01 08:30:15", "2024-03-02", "Invalid Date", ""])),
            categories=draw(st.sampled_from(["[notes]", "[[sea, ports], [notes]]", "[金融]"])),
            author=draw(st.sampled_from(["", "Ada Byron", "林一禾"])),
        )
    return found


def ingested(files: Sequence[Sequence[tuple[str, str]]], *, batch: int, workers: int = 0) -> list[tuple[Any, ...]]:
    """Return the archive after one run for each of `files`, in batches of `batch` documents."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(ingesting, "BATCH_DOCUMENTS", batch)
        home = Home(Path(folder), workers=workers)
        try:
            for run_files in files:
                for name, text in run_files:
                    home.write(name, text)
                home.ingest()
            return the_archive(home)
        finally:
            home.close()


@settings(max_examples=12)
@given(posts(), st.randoms(use_true_random=False), st.integers(1, 4))
def test_neither_order_nor_batches_nor_runs_decide_what_the_archive_holds(
    files: dict[str, str], chance: Any, batch: int
) -> None:
    expected = ingested([sorted(files.items())], batch=250)
    shuffled = list(files.items())
    chance.shuffle(shuffled)
    cut = chance.randint(0, len(shuffled))
    assert ingested([shuffled], batch=batch) == expected
    assert ingested([shuffled[:cut], shuffled[cut:]], batch=batch) == expected


def test_workers_decide_nothing() -> None:
    files = [(f"{n}.md", a_post(f"Post {n}", f"{SHIPS} {n}", categories="[[sea, ports]]")) for n in range(12)]
    assert ingested([files], batch=5, workers=2) == ingested([files], batch=250)


async def test_what_is_taken_in_holds_up_nobody_who_fetches(home: Home) -> None:
    held, went_on = threading.Event(), threading.Event()

    class Slow(MemoryStore):
        def commit(self, batch: Batch) -> None:
            held.set()
            assert went_on.wait(timeout=300)
            super().commit(batch)

    reader = MemoryReader(**{"a.md": a_post()})
    owner = Owner(Slow, lambda _: None, "slow")
    ports = Intake(reader=reader, archive=owner, executor=LocalExecutor(), clock=HandClock())
    task = asyncio.create_task(ingest(home.config.sources[0], ports))
    assert await asyncio.to_thread(held.wait, 300)
    went_on.set()  # only an event loop that is free comes here
    assert (await task).added == 1
    owner.close()
