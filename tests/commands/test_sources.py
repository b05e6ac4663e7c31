"""`feedsvc sources`, as people and scripts use it, over loopback."""

from __future__ import annotations

import threading
import tomllib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from feedsvc.app.config_editor import with_sources
from feedsvc.commands import cli
from feedsvc.errors import ConfigError
from feedsvc.sources.opml import read_outlines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.commands.conftest import Shell

FEED = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour News</title><ttl>90</ttl>
<item><guid>urn:x:1</guid><title>The ferry runs again</title><link>https://harbour.example/1</link>
<pubDate>Wed, 01 May 2024 06:10:11 GMT</pubDate><description>At noon, with a new gangway.</description></item>
</channel></rss>"""
PAGE = b'<html><head><link rel="alternate" type="application/rss+xml" href="/feed"></head><body>Hello</body></html>'
CONFIG = """\
# My own words, which must stay.
[service]
title = "Tides"   # and these

[fetch]
allow_networks = ["127.0.0.1/32"]
host_gap_seconds = 0
retries = 0

[[source]]
name = "posts"   # the first one
kind = "directory"
path = "content"

# ---- feeds of my own ----
[[feed]]
slug = "all-of-it"
source = "posts"
"""
OPML = b"""<?xml version="1.0"?><opml version="2.0"><head><title>Mine</title></head><body>
<outline text="Sea"><outline text="Tides" xmlUrl="https://tides.example/feed?a=1&amp;b=2"/></outline>
<outline text="Lamps" xmlUrl="https://lamps.example/atom.xml"/><outline text="Odd" xmlUrl="gopher://old.example/"/>
</body></opml>"""


class Site:
    """Serves a feed, a page that names it, and what is wrong."""

    def __init__(self) -> None:
        self.port = 0
        self.answers: dict[str, tuple[int, str, bytes]] = {
            "/feed": (200, "application/rss+xml", FEED),
            "/page": (200, "text/html", PAGE),
            "/nothing": (200, "application/rss+xml", b"nothing that is a feed"),
            "/gone": (410, "text/plain", b""),
        }

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@pytest.fixture
def site() -> Iterator[Site]:
    state = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, body = state.answers[self.path]
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        state.port = listening.server_port
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield state
        listening.shutdown()
        thread.join()


@pytest.fixture
def own(shell: Shell) -> Shell:
    shell.config(CONFIG)
    return shell


def configured(shell: Shell) -> list[dict[str, Any]]:
    sources: list[dict[str, Any]] = tomllib.loads((shell.folder / "config.toml").read_text())["source"]
    return sources


# ---------------------------------------------------------------- add


@pytest.mark.parametrize("path", ["/feed", "/page"])
def test_a_feed_is_tried_told_and_added_under_its_title(path: str, own: Shell, site: Site) -> None:
    result = own.run("sources", "add", site.url(path), "--category", "海/港口")
    assert "The ferry runs again" in result.stdout
    assert configured(own)[1] == {
        "name": "harbour-news",
        "kind": "feed",
        "url": site.url("/feed"),
        "categories": ["海/港口"],
    }
    own.run("ingest", "harbour-news")
    assert own.json("search", "ferry")[0]["source"] == "harbour-news"


def test_every_word_of_the_configuration_stays(own: Shell, site: Site) -> None:
    own.run("sources", "add", site.url("/feed"), "--name", "harbour")
    text = (own.folder / "config.toml").read_text()
    added = f'[[source]]\nname = "harbour"\nkind = "feed"\nurl = "{site.url("/feed")}"\n\n'
    assert text == CONFIG.replace("# ---- feeds", f"{added}# ---- feeds")


@pytest.mark.parametrize("path", ["/nothing", "/gone"])
def test_what_cannot_be_read_is_not_added(path: str, own: Shell, site: Site) -> None:
    own.run("sources", "add", site.url(path), code=1)
    assert (own.folder / "config.toml").read_text() == CONFIG


def test_a_source_that_is_there_is_not_added_again(own: Shell, site: Site) -> None:
    own.run("sources", "add", site.url("/feed"))
    for path in ("/feed", "/page"):
        assert "reads that already" in own.run("sources", "add", site.url(path), code=2).stderr


def test_a_name_that_is_taken_is_told_apart_and_one_that_is_wrong_is_refused(own: Shell, site: Site) -> None:
    site.answers["/other"] = site.answers["/feed"]
    own.run("sources", "add", site.url("/feed"))
    own.run("sources", "add", site.url("/other"))
    names = [each["name"] for each in configured(own)]
    assert names[:2] == ["posts", "harbour-news"]
    assert names[2].startswith("harbour-news-")
    site.answers["/third"] = site.answers["/feed"]
    before = (own.folder / "config.toml").read_text()
    assert "name" in own.run("sources", "add", site.url("/third"), "--name", "Not A Name", code=2).stderr
    assert (own.folder / "config.toml").read_text() == before


def test_a_directory_is_added_by_its_path_beside_the_configuration(own: Shell) -> None:
    (own.folder / "notes").mkdir()
    (own.folder / "notes" / "a.md").write_text("---\ntitle: A note\n---\n\nOf the tide.\n")
    assert "A note" in own.run("sources", "add", "notes").stdout
    assert configured(own)[1] == {"name": "notes", "kind": "directory", "path": "notes"}


@pytest.mark.parametrize("place", ["nowhere", "config.toml"])
def test_what_is_no_source_is_named(place: str, own: Shell) -> None:
    assert place in own.run("sources", "add", place, code=2).stderr


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[service]\ntitle = 'x'\n",
        "[[source]]\nname = 'a'\n[source.rules]\ndrop = ['.x']\n\n\n# end",
        'note = """\n[[source]]\n"""\n',
        "[[source]]\nname='a'\n[[feed]]\nslug='b'\n[[source]]\nname='c'",
    ],
)
def test_a_source_is_added_to_any_configuration(text: str) -> None:
    found = tomllib.loads(with_sources(text, [{"name": "new", "tags": ['a "quoted" \\ word', "海"]}]))
    assert found["source"][-1] == {"name": "new", "tags": ['a "quoted" \\ word', "海"]}
    found["source"].pop()
    assert (found if found["source"] else {k: v for k, v in found.items() if k != "source"}) == tomllib.loads(text)


@pytest.mark.parametrize("text", ["source = [{ name = 'a' }]\n", "[source]\nname = 'a'\n", "= nonsense"])
def test_a_configuration_that_takes_no_source_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        with_sources(text, [{"name": "new"}])


# ---------------------------------------------------------------- import and export


def test_subscriptions_are_imported_once_and_exported_as_they_were(own: Shell, tmp_path: Path) -> None:
    (tmp_path / "mine.opml").write_bytes(OPML)
    result = own.run("sources", "import", "mine.opml")
    assert result.stdout.startswith("2 sources added")
    assert "gopher" in result.stderr
    assert own.run("sources", "import", "mine.opml").stdout.startswith("0 sources added")
    exported = own.run("sources", "export").stdout.encode()
    assert set(read_outlines(exported).outlines) == set(read_outlines(OPML).outlines)


def test_a_list_that_is_none_is_named(own: Shell, tmp_path: Path) -> None:
    (tmp_path / "mine.opml").write_text("<rss/>")
    assert "no OPML" in own.run("sources", "import", "mine.opml", code=2).stderr


@pytest.mark.corpus
@pytest.mark.slow
def test_real_lists_are_the_same_after_import_and_export_and_broken_ones_are_explained(
    own: Shell, corpus: Path
) -> None:
    same, explained = 0, 0
    for path in sorted(each for each in (corpus / "opml").rglob("*") if each.is_file()):
        own.config("[service]\ntitle = 'x'\n")
        result = own.runner.invoke(cli, ["sources", "import", str(path)])
        if result.exit_code:
            assert str(path) in result.stderr
            explained += 1
            continue
        exported = own.run("sources", "export").stdout.encode()
        wanted = {(each.url, each.folder) for each in read_outlines(path.read_bytes()).outlines}
        assert {(each.url, each.folder) for each in read_outlines(exported).outlines} == wanted
        same += 1
    assert same > 60
    assert same + explained == 70


# ---------------------------------------------------------------- list, test, resume


def test_the_list_says_how_each_source_is(own: Shell, site: Site) -> None:
    own.run("sources", "add", site.url("/feed"))
    site.answers["/feed"] = (410, "text/plain", b"")
    own.run("ingest", "--all", code=1)
    assert "sources resume harbour-news" in own.run("sources").stdout
    states = {row["source"]: row["state"] for row in own.json("sources")}
    assert states == {"posts": "ok", "harbour-news": "stopped"}
    own.run("sources", "resume", "harbour-news")
    assert {row["source"]: row["state"] for row in own.json("sources")}["harbour-news"] == "ok"


def test_a_trial_shows_requests_drafts_and_outcome_and_writes_nothing(own: Shell, site: Site) -> None:
    own.run("sources", "add", site.url("/feed"))
    result = own.run("sources", "test", "harbour-news")
    for said in ("answer  200 ok", "Harbour News", "1.5h between two polls", "'urn:x:1'", "a run would find: 1 added"):
        assert said in result.stdout
    assert not (own.folder / "archive" / "archive.db").exists()
    own.run("ingest", "harbour-news")
    assert "a run would find: 1 unchanged" in own.run("sources", "test", "harbour-news").stdout


def test_a_name_that_no_source_has_is_named(own: Shell) -> None:
    for subcommand in ("test", "resume"):
        assert "'nobody'" in own.run("sources", subcommand, "nobody", code=2).stderr
