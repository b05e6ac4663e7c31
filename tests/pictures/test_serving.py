"""Kept pictures where people see them: their address, the article's page, its feeds."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from feedsvc import serve
from feedsvc.config import ServeConfig
from feedsvc.serve.media_files import MediaFiles
from tests.pictures.making import a_jpeg, a_png

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.pictures.conftest import Keeping

    Make = Callable[..., Keeping]
    Put = Callable[..., None]

BODY = a_png("the sea")
NAME = f"{hashlib.sha256(BODY).hexdigest()}.png"


async def behind(scope: Any, receive: Any, send: Any) -> None:
    del scope, receive
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"behind"})


async def asked(folder: Path, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of an answer."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "path": path, "method": method, "headers": raw}
    await MediaFiles(behind, folder)(scope, None, send)  # type: ignore[arg-type]
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], found, b"".join(each.get("body", b"") for each in sent[1:])


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Return an archive with one picture."""
    for folder, body in (("media", BODY), ("withdrawn", a_png("gone"))):
        name = f"{hashlib.sha256(body).hexdigest()}.png"
        (tmp_path / folder / name[:2]).mkdir(parents=True)
        (tmp_path / folder / name[:2] / name[2:]).write_bytes(body)
    return tmp_path


async def test_a_picture_is_sent_as_what_it_is_for_ever_and_in_a_sandbox(kept: Path) -> None:
    status, headers, body = await asked(kept, f"/media/{NAME}")
    assert (status, body) == (200, BODY)
    assert headers["content-type"] == "image/png"
    assert headers["content-length"] == str(len(BODY))
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"


async def test_who_has_a_picture_is_told_so(kept: Path) -> None:
    _, headers, _ = await asked(kept, f"/media/{NAME}")
    status, again, body = await asked(kept, f"/media/{NAME}", if_none_match=f'W/"x", {headers["etag"]}')
    assert (status, body, again["etag"]) == (304, b"", headers["etag"])
    assert (await asked(kept, f"/media/{NAME}", if_none_match='"x"'))[0] == 200


async def test_head_tells_the_size_alone(kept: Path) -> None:
    status, headers, body = await asked(kept, f"/media/{NAME}", "HEAD")
    assert (status, headers["content-length"], body) == (200, str(len(BODY)), b"")


@pytest.mark.parametrize(
    "path",
    [
        "",
        NAME.replace(".png", ""),
        NAME.replace(".png", ".gif"),
        NAME.replace(".png", ".svg"),
        NAME.upper(),
        "../archive.db",
        f"{NAME[:2]}/{NAME[2:]}",
        f"{'0' * 64}.png",
        "\0.png",
    ],
)
async def test_there_is_nothing_but_pictures_below_media(kept: Path, path: str) -> None:
    status, headers, body = await asked(kept, f"/media/{path}")
    assert status == 404
    assert headers["content-type"].startswith("text/plain")
    assert BODY not in body


async def test_pictures_are_only_read(kept: Path) -> None:
    assert (await asked(kept, f"/media/{NAME}", "DELETE"))[0] == 405


async def test_a_picture_of_a_withdrawn_article_is_gone(kept: Path) -> None:
    name = f"{hashlib.sha256(a_png('gone')).hexdigest()}.png"
    status, headers, body = await asked(kept, f"/media/{name}")
    assert (status, headers["cache-control"]) == (410, "no-cache")
    assert a_png("gone") not in body


async def test_everything_else_is_passed_on(kept: Path) -> None:
    assert (await asked(kept, "/medial"))[0] == 299


# ---------------------------------------------------------------- feeds


def documents(home: Keeping, name: str = "all") -> dict[str, str]:
    return {form: (home.archive / "feeds" / f"{name}.{form}").read_text() for form in ("atom", "rss", "json")}


def test_feeds_show_the_kept_picture_once_it_is_kept(keeping: Make, put: Put) -> None:
    put("/sea.png", BODY)
    home = keeping()
    home.post("A walk. ![the sea]({site}/sea.png)")
    home.service.emit_now()
    before = documents(home)
    assert all(f"{home.site}/sea.png" in each and "/media/" not in each for each in before.values())
    home.collect()
    home.service.emit_now()
    after = documents(home)
    address = f"https://news.example.org/media/{NAME}"
    assert all(address in each and f"{home.site}/sea.png" not in each for each in after.values())
    assert f'<media:thumbnail url="{address}"/>' in after["atom"]
    assert json.loads(after["json"])["items"][0]["image"] == address
    assert before["atom"].count("<updated>") == after["atom"].count("<updated>")
    dates = [[line for line in each["atom"].split("<") if line.startswith("updated>")] for each in (before, after)]
    assert dates[0] == dates[1]  # a picture that is kept is no news


def test_a_run_without_a_new_picture_writes_no_feed_again(keeping: Make, put: Put) -> None:
    put("/sea.png", BODY)
    home = keeping()
    home.post("A walk. ![the sea]({site}/sea.png)")
    home.collect()
    home.service.emit_now()
    report = home.service.emit_now(everything=True)
    assert (report.written, report.unchanged > 0) == (0, True)


def test_a_picture_enclosure_names_our_copy_with_its_type_and_size(keeping: Make, put: Put) -> None:
    put("/cover", a_jpeg())
    home = keeping(media="none")
    home.post("A walk.")
    url = f"{home.site}/cover"
    enclosures = json.dumps([{"url": url, "media_type": "image/png", "length": 7}])
    home.owner_does(lambda archive: archive.db.execute("update articles set enclosures = ?", [enclosures]).fetchall())
    home.turn("images")
    home.collect()
    home.service.emit_now()
    name = f"{hashlib.sha256(a_jpeg()).hexdigest()}.jpg"
    assert (
        f'type="image/jpeg" href="https://news.example.org/media/{name}" length="{len(a_jpeg())}"'
        in documents(home)["atom"]
    )


def test_a_bundle_picture_that_nobody_could_reach_is_in_the_feed(keeping: Make) -> None:
    home = keeping()
    (home.content / "telescope.png").write_bytes(BODY)
    home.post("![A telescope](telescope.png)", "index.md", image="telescope.png")
    home.collect()
    home.service.emit_now()
    found = documents(home)
    assert f"https://news.example.org/media/{NAME}" in found["rss"]
    assert f'<media:thumbnail url="https://news.example.org/media/{NAME}"/>' in found["atom"]


def test_feeds_show_originals_where_keeping_is_turned_off(keeping: Make, put: Put) -> None:
    put("/sea.png", BODY)
    home = keeping()
    home.post("A walk. ![the sea]({site}/sea.png)")
    home.collect()
    home.turn("none")
    home.service.emit_now()
    assert all("/media/" not in each for each in documents(home).values())


def test_the_round_of_a_service_emits_what_it_changed(keeping: Make, put: Put) -> None:
    put("/sea.png", BODY)
    home = keeping()
    home.post("A walk. ![the sea]({site}/sea.png)")
    done = home.service.collect_now()
    assert done is not None
    assert done.kept == 1
    assert NAME in documents(home)["atom"]
    assert home.view.stale_feeds() == frozenset()


# ---------------------------------------------------------------- pages


@pytest.mark.parametrize("public", [False, True])
async def test_an_article_shows_our_copy_and_names_the_original(keeping: Make, put: Put, *, public: bool) -> None:
    put("/sea.png", BODY)
    home = keeping()
    home.post("A walk. ![the sea]({site}/sea.png)")
    await asyncio.to_thread(home.collect)
    datasette = serve.build(replace(home.config, serve=ServeConfig(public=public)))
    await datasette.invoke_startup()
    try:
        page = await datasette.client.get(f"/articles/{home.only().uuid}")
        picture = await datasette.client.get(f"/media/{NAME}")
    finally:
        serve.close(datasette)
    assert f'<img src="/media/{NAME}" alt="the sea">' in page.text
    assert f'<a href="{home.site}/sea.png" rel="noreferrer">' in page.text
    assert (picture.status_code, picture.content) == (200, BODY)
    assert picture.headers["content-type"] == "image/png"
