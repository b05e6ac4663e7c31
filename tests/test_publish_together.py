"""Documents that are put in place together, and what lies beside them."""

from __future__ import annotations

import errno
import os
import resource
from typing import TYPE_CHECKING

import pytest

from feedsvc.errors import ArchiveError, ArchiveFullError
from feedsvc.publish import STAGING, FilePublisher, FileSpool
from feedsvc.publish.spool import PENDING
from tests.fakes_publisher import MemorySpool

if TYPE_CHECKING:
    from pathlib import Path

    from feedsvc.ports import Spool


def test_documents_of_a_batch_are_there_when_it_ends(tmp_path: Path) -> None:
    publisher = FilePublisher(tmp_path)
    with publisher.batch():
        assert publisher.publish("a/one.atom", b"one")
        assert publisher.publish("b/two.atom", b"two")
        assert publisher.has("a/one.atom")
        assert list(publisher.paths()) == []
    assert sorted(publisher.paths()) == ["a/one.atom", "b/two.atom"]
    assert list((tmp_path / STAGING).iterdir()) == []


def test_a_long_batch_is_put_in_place_by_the_dozen(tmp_path: Path) -> None:
    publisher = FilePublisher(tmp_path)
    with publisher.batch():
        for number in range(100):
            publisher.publish(f"{number}.atom", b"x")
        assert 0 < len(list(publisher.paths())) < 100
    assert len(list(publisher.paths())) == 100


def test_a_document_twice_in_a_batch_is_the_later_one(tmp_path: Path) -> None:
    publisher = FilePublisher(tmp_path)
    with publisher.batch():
        assert publisher.publish("all.atom", b"one")
        assert publisher.publish("all.atom", b"two")
        assert not publisher.publish("all.atom", b"two")
        publisher.publish("gone.atom", b"x")
        assert publisher.withdraw("gone.atom")
    assert (tmp_path / "all.atom").read_bytes() == b"two"
    assert list(publisher.paths()) == ["all.atom"]


def test_a_batch_that_fails_leaves_no_rubbish(tmp_path: Path) -> None:
    publisher = FilePublisher(tmp_path)

    def half() -> None:
        with publisher.batch():
            publisher.publish("all.atom", b"one")
            publisher.publish("../out", b"two")

    with pytest.raises(ValueError, match="must stay below"):
        half()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert publisher.publish("all.atom", b"one")


def test_a_disk_that_is_full_at_the_end_of_a_batch_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = FilePublisher(tmp_path)
    publisher.publish("all.atom", b"old")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fill() -> None:
        with publisher.batch():
            publisher.publish("all.atom", b"new")
            monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(ArchiveFullError):
        fill()
    assert [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()] == [b"old"]


def test_a_coded_form_lies_beside_its_document_with_its_date(tmp_path: Path) -> None:
    publisher = FilePublisher(tmp_path)
    for body in (b"one", b"two"):
        assert publisher.publish("all.atom", body, {".gz": body.upper})
        assert (tmp_path / "all.atom.gz").read_bytes() == body.upper()
        assert (tmp_path / "all.atom.gz").stat().st_mtime_ns == (tmp_path / "all.atom").stat().st_mtime_ns
    assert list(publisher.paths()) == ["all.atom"]


def test_an_unchanged_document_has_its_coded_form_neither_made_nor_touched(tmp_path: Path) -> None:
    publisher = FilePublisher(tmp_path)
    publisher.publish("all.atom", b"one", {".gz": b"one".upper})
    before = (tmp_path / "all.atom.gz").stat()

    def never() -> bytes:
        raise AssertionError

    assert not publisher.publish("all.atom", b"one", {".gz": never})
    assert (tmp_path / "all.atom.gz").stat().st_ino == before.st_ino


def test_a_coded_form_that_is_missing_or_of_another_version_is_made_again(tmp_path: Path) -> None:
    publisher = FilePublisher(tmp_path)
    publisher.publish("all.atom", b"one", {".gz": b"one".upper})
    beside = tmp_path / "all.atom.gz"
    os.utime(beside, ns=(1, 1))
    assert not publisher.publish("all.atom", b"one", {".gz": lambda: b"again", ".br": lambda: b"new"})
    assert beside.read_bytes() == b"again"
    assert (tmp_path / "all.atom.br").read_bytes() == b"new"


def test_a_coding_no_longer_wanted_is_removed_and_one_nobody_speaks_of_stays(tmp_path: Path) -> None:
    publisher = FilePublisher(tmp_path)
    publisher.publish("all.atom", b"one", {".gz": b"one".upper, ".br": b"one".upper})
    publisher.publish("all.atom", b"one", {".br": b"one".upper})
    assert not (tmp_path / "all.atom.gz").exists()
    publisher.publish("all.atom", b"two")
    assert (tmp_path / "all.atom.br").exists()
    publisher.withdraw("all.atom")
    assert list(tmp_path.glob("all*")) == []


@pytest.fixture(params=[FileSpool, MemorySpool])
def spool(request: pytest.FixtureRequest, tmp_path: Path) -> Spool:
    made: Spool = FileSpool(tmp_path) if request.param is FileSpool else MemorySpool()
    return made


def test_what_is_spooled_is_found_again_whatever_its_size(spool: Spool) -> None:
    bodies = [b"", b"x" * PENDING, b"short", b"y" * (3 * PENDING), *(bytes([n]) * 70_000 for n in range(40)), b"last"]
    places = [spool.keep(body) for body in bodies]
    assert [spool.read(place) for place in reversed(places)] == bodies[::-1]


def test_a_spool_has_no_name_and_a_small_one_no_file(tmp_path: Path) -> None:
    spool = FileSpool(tmp_path)
    spool.keep(b"x")
    assert spool._file is None
    spool.keep(b"x" * PENDING)
    assert spool._file is not None
    assert list(tmp_path.iterdir()) == []
    spool.close()


def test_a_spool_that_finds_room_for_a_part_alone_says_so(tmp_path: Path) -> None:
    spool = FileSpool(tmp_path)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (PENDING // 2, hard))  # the system takes half of it, and says how much
    try:
        with pytest.raises(ArchiveError):
            spool.keep(b"x" * PENDING)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        spool.close()
