"""Status, quarantine, doctor, backup and withdrawals where pictures are kept; through the commands where there is one."""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from feedsvc.app.pictures.maintenance import check_pictures, mend_pictures, standing
from feedsvc.app.upkeep import back_up, make_anew, withdraw_now
from feedsvc.commands import cli
from feedsvc.store.pictures.picture_health import PictureHealth
from tests.pictures.making import SVG, a_gif, a_png

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.pictures.conftest import Keeping
    from tests.remote.site import Site

    Make = Callable[..., Keeping]
    Put = Callable[..., None]


def name_of(body: bytes, extension: str = "png") -> str:
    return f"{hashlib.sha256(body).hexdigest()}.{extension}"


def findings(home: Keeping, *, whole: bool = True) -> list[tuple[str, str]]:
    return [(each.level, each.what) for each in check_pictures(home.view, whole=whole)]


@pytest.fixture
def home(keeping: Make, put: Put) -> Keeping:
    """Return a service that kept two pictures of one article, one of which another article shows too."""
    put("/own.png", a_png("own"))
    put("/both.png", a_png("both"))
    found = keeping()
    found.post("One. ![]({site}/own.png) ![]({site}/both.png)", "one.md")
    found.post("Two. ![]({site}/both.png)", "two.md")
    found.collect()
    return found


def test_sound_pictures_are_no_finding(home: Keeping) -> None:
    assert findings(home) == []


def test_a_damaged_and_a_lost_picture_are_found_and_fetched_again(home: Keeping, site: Site) -> None:
    own, both = (
        home.archive / "media" / name[:2] / name[2:] for name in (name_of(a_png("own")), name_of(a_png("both")))
    )
    own.write_bytes(own.read_bytes()[:-1] + b"x")
    both.unlink()
    ((level, what),) = findings(home)
    assert level == "damage"
    assert name_of(a_png("own")) in what
    assert name_of(a_png("both")) in what
    site.asked_now()
    make_anew(home.service)
    assert findings(home) == []
    assert standing(home.view) == PictureHealth(kept=0, size=0, waiting=3, given_up=0)
    home.collect()
    assert sorted(site.asked_now()) == ["/both.png", "/own.png"]
    assert findings(home) == []
    assert home.rows("select count(*) from article_media where digest is null") == [(0,)]


def test_a_file_that_no_article_names_is_told_when_nobody_writes_and_deleted(home: Keeping) -> None:
    name = name_of(a_gif(), "gif")
    stray = home.archive / "media" / name[:2] / name[2:]
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(a_gif())
    assert findings(home, whole=False) == []
    assert findings(home) == [("note", f"no article names {name}")]
    mend_pictures(home.service)
    assert not stray.exists()
    assert len(home.files()) == 2


def test_pictures_of_a_withdrawn_article_go_out_of_sight_unless_another_shows_them(home: Keeping) -> None:
    withdraw_now(home.service, [next(entry.uuid for entry in home.entries() if entry.title == "one.md")])
    assert set(home.files()) == {name_of(a_png("both"))}
    assert set(home.files("withdrawn")) == {name_of(a_png("own"))}
    assert findings(home) == []


def test_pictures_come_back_with_their_article(home: Keeping) -> None:
    one = next(entry.uuid for entry in home.entries() if entry.title == "one.md")
    withdraw_now(home.service, [one])
    withdraw_now(home.service, [one], undo=True)
    assert set(home.files()) == {name_of(a_png("own")), name_of(a_png("both"))}
    assert home.files("withdrawn") == {}


def test_a_hidden_picture_comes_into_sight_when_a_new_article_shows_it(home: Keeping) -> None:
    withdraw_now(home.service, [next(entry.uuid for entry in home.entries() if entry.title == "one.md")])
    home.post("Three. ![]({site}/own.png)", "three.md")
    home.collect()
    assert name_of(a_png("own")) in home.files()


def test_a_backup_has_the_pictures_and_puts_them_back(home: Keeping, tmp_path: Path) -> None:
    withdraw_now(home.service, [next(entry.uuid for entry in home.entries() if entry.title == "one.md")])
    back_up(home.archive, tmp_path / "copy.tar")
    with tarfile.open(tmp_path / "copy.tar") as tar:
        tar.extractall(tmp_path / "again", filter="data")
    for folder in ("media", "withdrawn"):
        for name, body in home.files(folder).items():
            assert (tmp_path / "again" / folder / name[:2] / name[2:]).read_bytes() == body


# ---------------------------------------------------------------- commands


@pytest.fixture
def told(tmp_path: Path, site: Site, put: Put) -> Callable[..., tuple[int, str]]:
    """Return what runs a command over a directory with a good picture, an SVG and one that is not there."""
    put("/good.png", a_png())
    put("/drawing.svg", SVG, "image/svg+xml")
    (tmp_path / "content").mkdir()
    text = f"![]({site.url}/good.png) ![]({site.url}/drawing.svg) ![]({site.url}/gone.png?token=hidden)"
    (tmp_path / "content" / "a.md").write_text(f"---\ntitle: A walk\n---\n\n{text}\n")
    config = tmp_path / "config.toml"
    config.write_text(
        '[service]\nmedia = "images"\n[fetch]\nallow_networks = ["127.0.0.1/32"]\nhost_gap_seconds = 0\n'
        '[[source]]\nname = "posts"\nkind = "directory"\npath = "content"\n'
    )

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli, ["--config", str(config), *words])
        return done.exit_code, done.output

    return run


def test_an_ingest_keeps_pictures_and_says_so_and_fails_for_none(told: Callable[..., tuple[int, str]]) -> None:
    code, output = told("ingest")
    assert (code, output.splitlines()[-1]) == (
        0,
        "pictures: 1 kept, 2 not; `feedsvc failures pictures` says why",
    )
    assert "pictures:" not in told("ingest")[1]


def test_status_and_failures_tell_of_pictures_in_a_line(told: Callable[..., tuple[int, str]]) -> None:
    told("ingest")
    code, output = told("status")
    assert code == 0
    assert "1 pictures kept (0.0 MB), 1 wait, 1 given up (`feedsvc failures pictures`)" in output
    assert json.loads(told("status", "--json")[1])["pictures"] == {
        "kept": 1, "size": len(a_png()), "waiting": 1, "given_up": 1,
    }  # fmt: skip
    assert told("failures") == (
        0,
        "nothing is in quarantine\n1 pictures could not be kept; `feedsvc failures pictures` lists them\n",
    )


def test_pictures_that_failed_are_listed_without_secrets_and_tried_again_when_asked(
    told: Callable[..., tuple[int, str]], put: Put
) -> None:
    told("ingest")
    rows = json.loads(told("failures", "pictures", "--json")[1])
    assert [(row["kind"], row["tries"]) for row in rows] == [("active", 1), ("http", 1)]
    listed = told("failures", "pictures")[1]
    assert "given up" in listed
    assert "next (UTC)" in listed
    assert not re.search(r"\dT\d", listed)  # times are for people here
    assert "hidden" not in listed + json.dumps(rows)
    put("/gone.png?token=hidden", a_png("late"))
    assert told("failures", "pictures", "--retry") == (0, "2 pictures are tried again at the next runs\n")
    assert "pictures: 1 kept, 1 not" in told("ingest")[1]
    assert told("doctor")[0] == 0


def test_a_report_as_json_counts_pictures(told: Callable[..., tuple[int, str]]) -> None:
    assert json.loads(told("ingest", "--json")[1])["pictures"] == {
        "kept": 1, "failed": 2, "changed": True, "error": "",
    }  # fmt: skip
