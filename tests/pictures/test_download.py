"""Rounds of the collector over a real site and a real directory."""

from __future__ import annotations

import gzip
import hashlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from feedsvc.config import FeedsConfig
from feedsvc.pictures import EXTENSIONS
from tests.loopback import answering
from tests.pictures.making import KINDS, PAGE, SVG, a_gif, a_jpeg, a_png
from tests.remote.site import Page
from tests.services import a_post

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.server import BaseHTTPRequestHandler

    from tests.pictures.conftest import Keeping
    from tests.remote.site import Site

    Make = Callable[..., Keeping]
    Put = Callable[..., None]


def name_of(body: bytes, extension: str = "png") -> str:
    return f"{hashlib.sha256(body).hexdigest()}.{extension}"


@pytest.mark.parametrize(("body", "media_type", "extension", "size"), KINDS.values(), ids=KINDS)
def test_a_picture_of_an_article_is_kept_by_its_bytes(
    keeping: Make, put: Put, body: bytes, media_type: str, extension: str, size: tuple[int, int]
) -> None:
    put("/a", body, media_type)
    home = keeping()
    home.post("A walk. ![the sea]({site}/a)")
    done = home.collect()
    assert (done.kept, done.failed, done.changed) == (1, 0, True)
    assert home.files() == {name_of(body, extension): body}
    assert home.rows("select media_type, bytes, width, height from media") == [(media_type, len(body), *size)]
    assert home.rows("select url, role, digest from article_media") == [
        (f"{home.site}/a", "image", hashlib.sha256(body).hexdigest())
    ]
    assert home.waiting() == {}


def test_the_bytes_decide_what_a_picture_is_and_not_its_server(keeping: Make, put: Put) -> None:
    put("/gif.png", a_gif(), "image/png")
    put("/text", a_jpeg(), "text/html; charset=utf-8")
    put("/page.jpg", PAGE, "image/jpeg")
    put("/drawing.png", SVG, "image/png")
    home = keeping()
    home.post("![]({site}/gif.png) ![]({site}/text) ![]({site}/page.jpg) ![]({site}/drawing.png)")
    done = home.collect()
    assert (done.kept, done.failed) == (2, 2)
    assert set(home.files()) == {name_of(a_gif(), "gif"), name_of(a_jpeg(), "jpg")}
    assert home.waiting() == {"/page.jpg": ("not-a-picture", 1, True), "/drawing.png": ("active", 1, True)}


def test_lead_picture_content_and_enclosure_are_all_kept_and_a_placeholder_is_not(keeping: Make, put: Put) -> None:
    put("/lead.png", a_png("lead"))
    put("/in.png", a_png("in"))
    home = keeping()
    home.post("![]({site}/in.png) ![](https://picsum.photos/200)", image=f"{home.site}/lead.png")
    assert home.collect().kept == 2
    roles = home.rows("select role from article_media order by role")
    assert [role for (role,) in roles] == ["content", "image"]


def test_nothing_is_kept_of_a_source_that_does_not_ask_for_it(keeping: Make, put: Put, site: Site) -> None:
    put("/a.png", a_png())
    home = keeping(media="none")
    home.post("![]({site}/a.png)")
    assert home.collect().kept == 0
    assert site.asked_now() == []


def test_one_picture_of_many_articles_is_asked_for_and_stored_once(keeping: Make, put: Put, site: Site) -> None:
    put("/logo.png", a_png("logo"))
    put("/same.png", a_png("logo"))
    home = keeping()
    for number in range(5):
        home.write(f"{number}.md", a_post(str(number), f"Walk {number}. ![]({site.url}/logo.png)"))
    home.ingest()
    home.collect()
    home.post("Another walk. ![]({site}/logo.png) ![]({site}/same.png)", "later.md")
    home.collect()
    assert sorted(site.asked_now()) == ["/logo.png", "/same.png"]
    assert len(home.files()) == 1
    assert home.rows("select count(*), count(distinct digest) from article_media") == [(7, 1)]


def test_an_article_with_a_picture_that_is_kept_already_is_published_with_it_at_once(keeping: Make, put: Put) -> None:
    put("/map.png", a_png())
    home = keeping()
    home.post("![A map]({site}/map.png)", "one.md")
    home.collect()
    home.turn("none")
    home.post("![The map]({site}/map.png)", "two.md")
    home.turn("images")
    home.service.emit_now()
    done = home.service.collect_now()
    assert done is not None
    assert done.kept == 0
    assert home.view.stale_feeds() == frozenset()
    assert home.site not in (home.archive / "feeds" / "all.atom").read_text(encoding="utf-8")


def test_a_round_that_keeps_nothing_new_leaves_every_feed_as_it_is(keeping: Make, put: Put) -> None:
    put("/a.png", a_png())
    home = keeping()
    home.post("![]({site}/a.png)")
    home.service.emit_now()
    assert home.collect().changed
    assert home.view.stale_feeds() == {"all", "source/posts", "category/notes"}
    home.service.emit_now()
    assert not home.collect().changed
    assert home.view.stale_feeds() == frozenset()


def test_only_the_feeds_of_the_article_become_stale(keeping: Make, put: Put) -> None:
    home = keeping()
    put("/a.png", a_png())
    home.post("Nothing to see.", "other.md", categories="[other]")
    home.service.emit_now()
    home.post("![]({site}/a.png)")
    home.service.emit_now()
    home.collect()
    assert "category/other" not in home.view.stale_feeds()


def test_what_fails_is_tried_again_ever_later_and_then_given_up(keeping: Make, site: Site) -> None:
    site.fail("/a.png", 500)
    home = keeping(tries=3)
    home.post("![]({site}/a.png)")
    assert home.collect().failed == 1
    assert home.waiting() == {"/a.png": ("http", 1, False)}
    assert home.collect(minutes=5).failed == 0
    assert home.collect(minutes=6).failed == 1
    assert home.collect(minutes=30).failed == 0
    assert home.collect(minutes=31).failed == 1
    assert home.waiting() == {"/a.png": ("http", 3, True)}
    assert home.collect(days=100).failed == 0
    assert len(site.asked_now()) == 3


def test_a_picture_that_comes_back_is_kept_then(keeping: Make, site: Site, put: Put) -> None:
    site.fail("/a.png", 404)
    home = keeping()
    home.post("![]({site}/a.png)")
    home.collect()
    put("/a.png", a_png())
    assert home.collect().kept == 1
    assert home.waiting() == {}


def test_a_picture_that_is_too_large_is_not_kept(keeping: Make, put: Put) -> None:
    put("/large.png", a_png("x" * 5000))
    put("/small.png", a_png())
    home = keeping(max_bytes=4000)
    home.post("![]({site}/large.png) ![]({site}/small.png)")
    assert home.collect().kept == 1
    assert home.waiting() == {"/large.png": ("too-large", 1, True)}


def test_no_more_is_kept_than_there_is_room_for(keeping: Make, put: Put) -> None:
    for number in range(4):
        put(f"/{number}.png", a_png(str(number)))
    home = keeping(total_bytes=2 * len(a_png("0")))
    home.post(" ".join(f"![]({{site}}/{number}.png)" for number in range(4)))
    assert home.collect().kept == 2
    assert home.collect().kept == 0
    assert len(home.waiting()) == 2


def test_a_round_fetches_so_many_and_the_newest_first(keeping: Make, put: Put, site: Site) -> None:
    home = keeping(per_run=2)
    for number in range(5):
        put(f"/{number}.png", a_png(str(number)))
        home.post(f"![]({{site}}/{number}.png)", f"{number}.md")
    assert home.collect().kept == 2
    assert sorted(site.asked_now()) == ["/3.png", "/4.png"]
    assert (home.collect().kept, home.collect().kept, home.collect().kept) == (2, 1, 0)


def test_a_host_that_hangs_costs_the_round_no_more_than_its_time(keeping: Make, put: Put, site: Site) -> None:
    hanging: list[BaseHTTPRequestHandler] = []

    def hang(request: BaseHTTPRequestHandler) -> None:
        hanging.append(request)
        request.rfile.read(1)

    put("/a.png", a_png())
    with answering(hang) as port:
        home = keeping(run_seconds=1.0)
        home.post(f"![]({{site}}/a.png) ![](http://localhost:{port}/b.png) ![](http://127.0.0.1:{port}/c.png)")
        done = home.collect()
    assert hanging
    assert done.kept <= 1
    assert all(tries == 0 for _, tries, _ in home.waiting().values())
    assert site.asked_now() in (["/a.png"], [])


def test_pictures_of_a_host_that_is_not_reached_wait_without_a_try(keeping: Make) -> None:
    home = keeping()
    home.post(" ".join(f"![](http://127.0.0.1:9/{number}.png)" for number in range(5)))
    assert home.collect().failed == 2
    assert sorted(kind for kind, _, _ in home.waiting().values()) == ["connect"] * 2 + ["postponed"] * 3


def test_nobody_is_blamed_when_nobody_at_all_is_reached(keeping: Make) -> None:
    home = keeping()
    home.post(" ".join(f"![](http://host-{number}.invalid/a.png)" for number in range(3)))
    assert home.collect().failed == 0
    assert {(kind, tries) for kind, tries, _ in home.waiting().values()} == {("dns", 0)}


def test_private_addresses_are_refused_at_once_and_behind_a_redirect(keeping: Make, site: Site) -> None:
    secret: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        secret.append(request.path)

    with answering(answer) as port:
        site.pages["/redirect.png"] = Page(status=302, headers={"Location": f"http://127.0.0.2:{port}/x.png"})
        home = keeping()
        home.post(f"![]({{site}}/redirect.png) ![](http://127.0.0.2:{port}/y.png) ![](file:///etc/passwd)")
        home.collect()
    assert secret == []
    assert {kind for kind, _, _ in home.waiting().values()} == {"blocked"}
    assert all(gone for _, _, gone in home.waiting().values())


def test_a_redirect_to_a_picture_is_followed(keeping: Make, site: Site, put: Put) -> None:
    put("/real.png", a_png())
    site.pages["/moved.png"] = Page(status=301, headers={"Location": "/real.png"})
    home = keeping()
    home.post("![]({site}/moved.png)")
    assert home.collect().kept == 1


def test_a_secret_of_an_address_is_in_no_error(keeping: Make, site: Site) -> None:
    home = keeping()
    host = site.url.removeprefix("http://")
    home.post(f"![](http://me:hidden@{host}/a.png?token=hidden)")
    home.collect()
    (row,) = home.view.operations.db.query("select error from media_queue")
    assert row["error"]
    assert "hidden" not in row["error"]


# ---------------------------------------------------------------- beside the document


def test_a_picture_of_a_page_bundle_is_read_beside_its_document(keeping: Make, site: Site) -> None:
    home = keeping()
    (home.content / "night").mkdir()
    (home.content / "night" / "telescope.png").write_bytes(a_png("telescope"))
    home.post("![A telescope](telescope.png)", "night/index.md", image="telescope.png")
    assert home.collect().kept == 1
    assert home.files() == {name_of(a_png("telescope")): a_png("telescope")}
    assert site.asked_now() == []


def test_a_picture_of_the_static_folder_and_of_an_asset_folder_is_found(keeping: Make) -> None:
    home = keeping()
    for path, note in (("static/img/a.png", "static"), ("walk/b.png", "asset")):
        (home.content / path).parent.mkdir(parents=True)
        (home.content / path).write_bytes(a_png(note))
    home.post("![](/img/a.png) ![](b.png)")
    assert home.collect().kept == 2


def test_a_bundle_picture_is_found_where_a_base_made_its_address_absolute(keeping: Make, site: Site, put: Put) -> None:
    home = keeping(base_url=f"{site.url}/")
    (home.content / "night").mkdir()
    (home.content / "night" / "moon.png").write_bytes(a_png("moon"))
    put("/only-there.png", a_png("there"))
    home.post("![](moon.png) ![](only-there.png)", "night/index.md")
    assert home.collect().kept == 2
    assert site.asked_now() == ["/only-there.png"]


def test_an_edited_picture_is_read_again_with_its_article(keeping: Make) -> None:
    home = keeping()
    picture = home.content / "a.png"
    picture.write_bytes(a_png("first"))
    home.post("One. ![](a.png)")
    home.collect()
    picture.write_bytes(a_png("second"))
    home.post("Two. ![](a.png)")
    assert home.collect().changed
    assert home.rows("select digest from article_media") == [(hashlib.sha256(a_png("second")).hexdigest(),)]
    assert len(home.files()) == 2


@pytest.mark.parametrize("trap", ["link", "linked-folder", "hidden", "fifo", "outside", "excluded"])
def test_nothing_outside_of_the_source_is_read(
    keeping: Make, tmp_path_factory: pytest.TempPathFactory, trap: str
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "x.png").write_bytes(a_png("secret"))
    home = keeping(exclude=("private/**",))
    url = {"linked-folder": "folder/x.png", "hidden": ".git/x.png", "excluded": "private/x.png"}.get(trap, "x.png")
    place = home.content / url
    if trap == "link":
        place.symlink_to(outside / "x.png")
    elif trap == "linked-folder":
        place.parent.symlink_to(outside)
    elif trap == "fifo":
        os.mkfifo(place)
    elif trap == "outside":
        url = f"../{outside.name}/x.png"
    else:
        place.parent.mkdir()
        place.write_bytes(a_png("secret"))
    home.post(f"![]({url})")
    assert home.collect().kept == 0
    assert home.files() == {}


def test_what_lies_beside_documents_is_in_the_first_feeds_and_in_closed_pages(keeping: Make, put: Put) -> None:
    put("/far.png", a_png("far"))
    home = keeping()
    home.service.reload(replace(home.config, feeds=FeedsConfig(entries=5)))
    for number in range(12):
        (home.content / f"{number}.png").write_bytes(a_png(str(number)))
        home.write(f"{number}.md", a_post(str(number), f"![]({number}.png) ![]({home.site}/far.png)"))
    home.ingest()
    home.service.emit_now()
    (page,) = (home.archive / "feeds" / "all" / "archive").glob("1.atom*")
    closed = (gzip.decompress(page.read_bytes()) if page.suffix == ".gz" else page.read_bytes()).decode()
    assert closed.count('src="https://news.example.org/media/') == 5
    assert closed.count(f"{home.site}/far.png") > 0
    assert home.collect().kept == 13


def test_a_missing_file_waits_until_it_is_there(keeping: Make) -> None:
    home = keeping()
    home.post("![](late.png)")
    assert home.waiting() == {"late.png": ("missing", 1, False)}
    (home.content / "late.png").write_bytes(a_png())
    assert home.collect().kept == 1


# ---------------------------------------------------------------- killed, and on again


def test_a_half_written_file_is_swept_away_and_the_picture_kept(keeping: Make, put: Put) -> None:
    put("/a.png", a_png())
    home = keeping()
    folder = home.archive / "media" / name_of(a_png())[:2]
    folder.mkdir(parents=True)
    (folder / ".keeping-half").write_bytes(a_png()[:20])
    home.post("![]({site}/a.png)")
    home.collect()
    assert home.files() == {name_of(a_png()): a_png()}


def test_what_was_kept_before_the_crash_but_not_noted_is_noted_then(keeping: Make, put: Put) -> None:
    put("/a.png", a_png())
    home = keeping()
    home.post("![]({site}/a.png)")
    home.collect()
    forget = "update article_media set digest = null; delete from media; delete from meta where key = 'media_looked'"
    home.owner_does(lambda archive: archive.db.conn.executescript(forget).fetchall())
    assert home.collect().kept == 1
    assert home.rows("select count(*) from article_media where digest is not null") == [(1,)]


def test_a_disk_that_takes_no_picture_fails_no_run_and_loses_none(keeping: Make, put: Put) -> None:
    put("/a.png", a_png())
    home = keeping()
    home.post("![]({site}/a.png)")
    (home.archive / "media").write_text("in the way")
    assert "cannot be written" in home.collect().error
    (home.archive / "media").unlink()
    assert home.collect().kept == 1


def test_turning_it_on_later_keeps_the_pictures_of_what_is_there(keeping: Make, put: Put) -> None:
    home = keeping(media="none")
    for number in range(3):
        put(f"/{number}.png", a_png(str(number)))
        home.post(f"![]({{site}}/{number}.png)", f"{number}.md")
    home.collect()
    home.turn("images")
    assert home.collect().kept == 3


def test_every_type_has_an_extension_of_its_own() -> None:
    assert len(set(EXTENSIONS.values())) == len(EXTENSIONS)
