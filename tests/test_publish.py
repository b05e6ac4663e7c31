from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from feedsvc.errors import ArchiveError, ArchiveFullError, ConfigError
from feedsvc.publish import STAGING, FilePublisher
from tests.fakes_publisher import MemoryPublisher

if TYPE_CHECKING:
    from pathlib import Path

    from feedsvc.ports import Publisher


@pytest.fixture(params=[FilePublisher, MemoryPublisher])
def publisher(request: pytest.FixtureRequest, tmp_path: Path) -> Publisher:
    """Return each implementation of the port in turn: what follows is its contract."""
    made: Publisher = FilePublisher(tmp_path / "feeds") if request.param is FilePublisher else MemoryPublisher()
    return made


def test_what_is_published_is_listed_by_its_path(publisher: Publisher) -> None:
    assert publisher.publish("all.atom", b"<feed/>")
    assert publisher.publish("category/金融/每经网.rss", b"<rss/>")
    assert sorted(publisher.paths()) == ["all.atom", "category/金融/每经网.rss"]


def test_the_same_bytes_again_are_no_change(publisher: Publisher) -> None:
    publisher.publish("all.atom", b"one")
    assert not publisher.publish("all.atom", b"one")
    assert publisher.publish("all.atom", b"two")
    assert publisher.publish("all.atom", b"")
    assert not publisher.publish("all.atom", b"")


def test_what_is_withdrawn_is_gone(publisher: Publisher) -> None:
    publisher.publish("custom/chips.json", b"{}")
    assert publisher.withdraw("custom/chips.json")
    assert not publisher.withdraw("custom/chips.json")
    assert list(publisher.paths()) == []


def test_nothing_is_published_at_the_start(publisher: Publisher) -> None:
    assert list(publisher.paths()) == []
    assert not publisher.withdraw("never/was.atom")


@pytest.mark.parametrize(
    "path", ["", "/etc/x", "../x", "a/../../x", "a//b", "a/", ".", ".hidden", "a/.b", "a\0b", "..\\x"]
)
def test_a_path_out_of_the_folder_is_refused(publisher: Publisher, path: str) -> None:
    for refused in (lambda: publisher.publish(path, b"x"), lambda: publisher.withdraw(path)):
        with pytest.raises(ValueError, match="must stay below"):
            refused()


def test_a_document_is_a_file_that_any_server_may_read(tmp_path: Path) -> None:
    FilePublisher(tmp_path).publish("category/金融.atom", b"<feed/>")
    file = tmp_path / "category" / "金融.atom"
    assert file.read_bytes() == b"<feed/>"
    assert file.stat().st_mode & 0o777 == 0o644


def test_an_unchanged_file_is_not_touched(tmp_path: Path) -> None:
    publisher = FilePublisher(tmp_path)
    publisher.publish("all.atom", b"one")
    before = (tmp_path / "all.atom").stat()
    publisher.publish("all.atom", b"one")
    after = (tmp_path / "all.atom").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_changed_file_has_a_later_second(tmp_path: Path) -> None:
    publisher = FilePublisher(tmp_path)
    seconds = []
    for number in range(4):
        publisher.publish("all.atom", str(number).encode())
        seconds.append(int((tmp_path / "all.atom").stat().st_mtime))
    assert seconds == sorted(set(seconds))


def test_one_who_reads_the_old_file_keeps_it_whole(tmp_path: Path) -> None:
    publisher = FilePublisher(tmp_path)
    publisher.publish("all.atom", b"old" * 1000)
    with (tmp_path / "all.atom").open("rb") as reader:
        publisher.publish("all.atom", b"new" * 2000)
        assert reader.read() == b"old" * 1000


def test_left_over_temporary_files_are_swept_away_and_never_listed(tmp_path: Path) -> None:
    publisher = FilePublisher(tmp_path)
    publisher.publish("a/b.atom", b"x")
    left = tmp_path / STAGING / "7"
    left.write_bytes(b"half")
    assert list(publisher.paths()) == ["a/b.atom"]
    FilePublisher(tmp_path)
    assert not left.exists()
    assert (tmp_path / "a" / "b.atom").exists()


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    root = tmp_path / "feeds"
    root.mkdir()
    (root / "category").symlink_to(outside)
    with pytest.raises(ValueError, match="symbolic link"):
        FilePublisher(root).publish("category/x.atom", b"x")
    assert list(outside.iterdir()) == []


def test_a_file_that_is_a_link_is_replaced_and_its_target_left(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"mine")
    root = tmp_path / "feeds"
    root.mkdir()
    (root / "all.atom").symlink_to(target)
    FilePublisher(root).publish("all.atom", b"feed")
    assert target.read_bytes() == b"mine"
    assert not (root / "all.atom").is_symlink()


def test_a_full_disk_leaves_the_old_document_and_no_rubbish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publisher = FilePublisher(tmp_path)
    publisher.publish("all.atom", b"old")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ArchiveFullError, match=r"make room"):
        publisher.publish("all.atom", b"new")
    assert [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()] == [b"old"]


def test_a_broken_disk_is_no_full_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(ArchiveError, match="Input/output error") as raised:
        FilePublisher(tmp_path).publish("all.atom", b"new")
    assert not isinstance(raised.value, ArchiveFullError)


def test_a_date_in_the_future_does_not_stop_dates_from_growing(tmp_path: Path) -> None:
    publisher = FilePublisher(tmp_path)
    publisher.publish("all.atom", b"one")
    os.utime(tmp_path / "all.atom", (4_000_000_000, 4_000_000_000))
    publisher.publish("all.atom", b"two")
    assert (tmp_path / "all.atom").stat().st_mtime == 4_000_000_001


def test_a_file_older_than_now_gets_the_date_of_now(tmp_path: Path) -> None:
    publisher = FilePublisher(tmp_path)
    publisher.publish("all.atom", b"one")
    os.utime(tmp_path / "all.atom", (1_000_000_000, 1_000_000_000))
    publisher.publish("all.atom", b"two")
    assert (tmp_path / "all.atom").stat().st_mtime > 1_700_000_000


@pytest.mark.parametrize("path", ["category/x.atom", "x" * 300 + ".atom", "taken.atom"])
def test_a_name_that_cannot_be_is_an_error_that_names_it(tmp_path: Path, path: str) -> None:
    (tmp_path / "category").write_bytes(b"")
    (tmp_path / "taken.atom" / "below").mkdir(parents=True)
    with pytest.raises(ConfigError, match=re.escape(path)):
        FilePublisher(tmp_path).publish(path, b"x")
    assert FilePublisher(tmp_path).publish("other.atom", b"x")


WRITER = """
import sys
from pathlib import Path
from feedsvc.publish import FilePublisher

publisher = FilePublisher(Path(sys.argv[1]))
print("ready", flush=True)
for number in range(1_000_000):
    for name in ("all.atom", f"category/{number % 7}/x.rss"):
        publisher.publish(name, (b"%d " % number) * 50_000)
"""


def test_kill_in_the_middle_of_publishing_leaves_no_half_document(tmp_path: Path) -> None:
    seen = set()
    for kill in range(10):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout
            writer.stdout.readline()
            while not (tmp_path / "category").exists():  # it has begun
                pass
            with pytest.raises(subprocess.TimeoutExpired):
                writer.wait(timeout=0.02 + kill * 0.013)
            writer.send_signal(signal.SIGKILL)
        for path in FilePublisher(tmp_path).paths():
            words = (tmp_path / path).read_bytes().split()
            assert len(words) == 50_000
            assert len(set(words)) == 1
            seen.add(path)
    assert "all.atom" in seen
    assert not list((tmp_path / STAGING).iterdir())
