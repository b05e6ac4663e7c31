"""The directory reader, on real files."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from feedsvc.errors import SourceError
from feedsvc.model import Failure, FetchSettings, RawDocument, Skip, Source
from feedsvc.sources import files
from feedsvc.sources.directory import DirectoryReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from feedsvc.ports import Reading


class Passes:
    """A directory that is read again and again, with what the archive knows of it between two passes."""

    def __init__(self, root: Path, now: datetime, **settings: Any) -> None:
        self.source = Source(name="posts", kind="directory", location=str(root), **settings)
        self.known: dict[str, str] = {}
        self.now = now
        self.reading: Reading

    async def read(self) -> list[RawDocument | Failure | Skip]:
        self.reading = await DirectoryReader().read(self.source, self.known, self.now)
        outcomes = list(self.reading.documents)
        self.known |= {outcome.locator: outcome.fingerprint for outcome in outcomes}
        return outcomes

    async def locators(self) -> list[str]:
        return [outcome.locator for outcome in await self.read()]


@pytest.fixture
def passes(tmp_path: Path, now: datetime) -> Passes:
    return Passes(tmp_path, now)


def write(root: Path, *names: str, text: str = "words") -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


async def test_files_come_whole_and_in_the_order_of_their_locators(passes: Passes, tmp_path: Path) -> None:
    write(tmp_path, "b.md", "a/z.html", "a.md", "a/中文.markdown", "a/deep/er/x.htm")
    outcomes = await passes.read()
    assert [o.locator for o in outcomes] == ["a.md", "a/deep/er/x.htm", "a/z.html", "a/中文.markdown", "b.md"]
    first = outcomes[0]
    assert isinstance(first, RawDocument)
    assert (first.body, first.media_type, first.fetched_at) == (b"words", "text/markdown", passes.now)
    assert first.modified_at is not None
    assert abs(first.modified_at.timestamp() - time.time()) < 60


async def test_what_did_not_change_is_not_opened(
    passes: Passes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "a.md", "b/c.md")
    await passes.read()
    opened: list[str] = []
    real = os.open

    def noting(path: str, flags: int) -> int:
        opened.append(path)
        return real(path, flags)

    monkeypatch.setattr(os, "open", noting)
    assert await passes.read() == []
    assert opened == [str(tmp_path), str(tmp_path / "b")]
    assert passes.reading.present == {"a.md", "b/c.md"}


async def test_a_change_that_restores_size_and_time_is_seen(passes: Passes, tmp_path: Path) -> None:
    write(tmp_path, "a.md", text="one")
    await passes.read()
    before = (tmp_path / "a.md").stat()
    write(tmp_path, "a.md", text="two")
    os.utime(tmp_path / "a.md", ns=(before.st_atime_ns, before.st_mtime_ns))
    (outcome,) = await passes.read()
    assert isinstance(outcome, RawDocument)
    assert outcome.body == b"two"


async def test_an_edit_right_behind_the_read_is_seen(passes: Passes, tmp_path: Path) -> None:
    for turn in range(20):
        write(tmp_path, "a.md", text=f"{turn:04}")
        (outcome,) = await passes.read()
        assert isinstance(outcome, RawDocument)
        assert outcome.body == f"{turn:04}".encode()


async def test_a_file_that_went_away_is_not_present(passes: Passes, tmp_path: Path) -> None:
    write(tmp_path, "a.md", "b.md")
    await passes.read()
    (tmp_path / "a.md").unlink()
    assert await passes.read() == []
    assert passes.reading.present == {"b.md"}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who has a file open")
async def test_a_file_open_for_writing_is_left_for_the_next_pass(passes: Passes, tmp_path: Path) -> None:
    with (tmp_path / "a.md").open("w") as writer:
        writer.write("half of")
        writer.flush()
        during = await passes.read()
        writer.write(" it")
    (after,) = await passes.read()
    assert during == []
    assert isinstance(after, RawDocument)
    assert after.body == b"half of it"


async def test_a_file_that_changes_while_it_is_read_is_left_for_the_next_pass(
    passes: Passes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "a.md")
    real = os.read

    def meddling(descriptor: int, size: int) -> bytes:
        write(tmp_path, "a.md", text="other words")
        return real(descriptor, size)

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "read", meddling)
        assert await passes.read() == []
    assert await passes.locators() == ["a.md"]


async def test_hidden_files_and_folders_are_not_content(passes: Passes, tmp_path: Path) -> None:
    write(tmp_path, ".git/a.md", ".obsidian/b.md", ".c.md", "d/.e.md", "f.txt", "g.md~", "h.md")
    assert await passes.locators() == ["h.md"]


async def test_a_post_without_a_title_has_a_file_name_that_is_only_an_extension(passes: Passes, tmp_path: Path) -> None:
    write(tmp_path, "category/.md")
    (outcome,) = await passes.read()
    assert isinstance(outcome, RawDocument)
    assert (outcome.locator, outcome.media_type) == ("category/.md", "text/markdown")


async def test_globs_choose(passes: Passes, tmp_path: Path) -> None:
    write(tmp_path, "a.md", "b.txt", "drafts/c.txt", "x/drafts/d.txt", "x/e.txt")
    passes.source = replace(passes.source, include=("**/*.txt",), exclude=("**/drafts/**", "b.*"))
    assert await passes.locators() == ["x/e.txt"]


async def test_links_are_not_followed_out_of_the_directory(tmp_path: Path, now: datetime) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    write(tmp_path, "inside/a.md", "outside/secret.md")
    (inside / "again.md").symlink_to(inside / "a.md")
    (inside / "loop").symlink_to(inside)
    (inside / "out.md").symlink_to(outside / "secret.md")
    (inside / "folder").symlink_to(outside)
    (inside / "dead.md").symlink_to(outside / "nothing.md")
    (inside / "self.md").symlink_to(inside / "self.md")
    outcomes = await Passes(inside, now).read()
    skipped = [outcome.locator for outcome in outcomes if isinstance(outcome, Skip)]
    assert [outcome.locator for outcome in outcomes if isinstance(outcome, RawDocument)] == ["a.md"]
    assert skipped == ["dead.md", "folder", "out.md"]


async def test_a_folder_swapped_for_a_link_is_not_entered(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    write(tmp_path, "inside/a/b/c.md", "outside/b/c.md", text="mine")
    real = os.open

    def swapping(path: str, flags: int) -> int:
        if str(path).endswith("/a/b"):
            (inside / "a").rename(tmp_path / "old")
            (inside / "a").symlink_to(outside)
        return real(path, flags)

    monkeypatch.setattr(os, "open", swapping)
    assert await Passes(inside, now).read() == []


async def test_a_file_swapped_for_a_link_is_not_read(tmp_path: Path, now: datetime) -> None:
    inside = tmp_path / "inside"
    write(tmp_path, "inside/a.md", "outside/a.md")
    reading = await DirectoryReader().read(Passes(inside, now).source, {}, now)
    inside.rename(tmp_path / "old")
    inside.symlink_to(tmp_path / "outside")
    assert list(reading.documents) == []


async def test_a_fifo_is_never_opened(passes: Passes, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    (outcome,) = await asyncio.wait_for(passes.read(), 300)
    assert isinstance(outcome, Skip)
    assert "FIFO" in outcome.reason
    assert await passes.read() == []


async def test_a_huge_file_fails_without_being_read_and_is_told_once(passes: Passes, tmp_path: Path) -> None:
    with (tmp_path / "sparse.md").open("wb") as sparse:
        sparse.truncate(3 << 30)
    (outcome,) = await passes.read()
    assert isinstance(outcome, Failure)
    assert outcome.kind == "too-large"
    assert await passes.read() == []


async def test_a_raised_limit_reads_what_was_too_large(passes: Passes, tmp_path: Path) -> None:
    write(tmp_path, "a.md", text="x" * 100)
    passes.source = replace(passes.source, fetch=FetchSettings(max_bytes=99))
    await passes.read()
    passes.source = replace(passes.source, fetch=FetchSettings(max_bytes=100))
    (outcome,) = await passes.read()
    assert isinstance(outcome, RawDocument)


async def test_a_name_that_is_no_utf8_is_escaped(passes: Passes, tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff\xfe")).mkdir()
    (tmp_path / os.fsdecode(b"\xff\xfe/caf\xe9.md")).write_text("words")
    (outcome,) = await passes.read()
    assert isinstance(outcome, RawDocument)
    assert outcome.locator == "%FF%FE/caf%E9.md"
    assert await passes.read() == []


async def test_two_names_that_look_alike_once_escaped_are_told_apart(passes: Passes, tmp_path: Path) -> None:
    write(tmp_path, "caf%E9.md")
    (tmp_path / os.fsdecode(b"caf\xe9.md")).write_text("other")
    outcomes = await passes.read()
    assert Counter(type(outcome).__name__ for outcome in outcomes) == {"RawDocument": 1, "Failure": 1}


async def test_a_missing_root_is_an_error_with_its_name(tmp_path: Path, now: datetime) -> None:
    with pytest.raises(SourceError, match="nowhere") as raised:
        await Passes(tmp_path / "nowhere", now).read()
    assert raised.value.kind == "missing"


async def test_a_file_as_root_is_an_error(tmp_path: Path, now: datetime) -> None:
    write(tmp_path, "a.md")
    with pytest.raises(SourceError) as raised:
        await Passes(tmp_path / "a.md", now).read()
    assert raised.value.kind == "missing"


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """Refuse to open what is put into the set; the tests may run as root, whom no permission stops."""
    refused: set[str] = set()
    real = os.open

    def opened(path: str, flags: int) -> int:
        if any(str(path).endswith(end) for end in refused):
            raise PermissionError(13, "Permission denied")
        return real(path, flags)

    monkeypatch.setattr(os, "open", opened)
    return refused


async def test_an_unreadable_file_fails_alone_and_is_tried_again(
    passes: Passes, tmp_path: Path, refusing: set[str]
) -> None:
    write(tmp_path, "a.md", "b.md")
    refusing.add("a.md")
    first = await passes.read()
    refusing.clear()
    assert [(o.locator, getattr(o, "kind", "read")) for o in first] == [("a.md", "permission"), ("b.md", "read")]
    assert await passes.locators() == ["a.md"]


async def test_what_is_in_an_unreadable_folder_is_not_gone(passes: Passes, tmp_path: Path, refusing: set[str]) -> None:
    write(tmp_path, "a.md", "shut/b.md")
    await passes.read()
    refusing.add("/shut")
    (outcome,) = await passes.read()
    assert isinstance(outcome, Failure)
    assert (outcome.locator, outcome.kind) == ("shut/", "permission")
    assert passes.reading.present == {"a.md", "shut/b.md"}


async def test_a_folder_that_vanishes_during_the_scan_is_only_gone(
    passes: Passes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "a.md", "fleeting/b.md")
    real = os.open

    def vanishing(path: str, flags: int) -> int:
        if str(path).endswith("/fleeting"):
            raise FileNotFoundError(path)
        return real(path, flags)

    monkeypatch.setattr(os, "open", vanishing)
    assert await passes.locators() == ["a.md"]


@pytest.fixture
def deepened(tmp_path: Path) -> Iterator[Callable[[str, int, str], None]]:
    """Make folders in folders by descriptor, past any limit on paths; no one else can remove what comes of it."""

    def deepen(name: str, levels: int, file: str) -> None:
        here = os.open(tmp_path, os.O_RDONLY)
        for _ in range(levels):
            os.mkdir(name, dir_fd=here)
            below = os.open(name, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        os.close(os.open(file, os.O_CREAT | os.O_WRONLY, dir_fd=here))
        os.close(here)

    yield deepen
    subprocess.run(["rm", "-rf", str(tmp_path)], check=True)


async def test_a_thousand_levels_are_no_trouble(passes: Passes, deepened: Callable[[str, int, str], None]) -> None:
    deepened("d", 1000, "deep.md")
    assert await passes.locators() == ["d/" * 1000 + "deep.md"]


async def test_a_path_that_is_too_long_for_the_system_fails_alone(
    passes: Passes, tmp_path: Path, deepened: Callable[[str, int, str], None]
) -> None:
    deepened("d" * 250, 20, "lost.md")
    write(tmp_path, "a.md")
    outcomes = await passes.read()
    assert [type(outcome).__name__ for outcome in outcomes] == ["RawDocument", "Failure"]


@pytest.mark.corpus
@pytest.mark.parametrize("folder", ["posts", "posts_regen", "jekyll", "hugo", "hexo-markdown"])
async def test_every_post_of_the_corpus_is_read(folder: str, corpus: Path, now: datetime) -> None:
    passes = Passes(corpus / folder, now)
    outcomes = await passes.read()
    assert len(outcomes) == sum(1 for path in (corpus / folder).rglob("*.md"))
    assert all(isinstance(outcome, RawDocument) for outcome in outcomes)
    assert await passes.read() == []
