"""Feeds are published elsewhere: what changed and nothing else, as a static host needs it, and nothing is forgotten."""

from __future__ import annotations

import gzip
import json
import logging
import shutil
import threading
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from click.testing import CliRunner

from feedsvc.app.mirror.sync import form
from feedsvc.buckets import Bucket
from feedsvc.commands import cli
from feedsvc.config import FeedsConfig, PublishConfig
from feedsvc.errors import PublishError
from tests.services import Home, a_post

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    MakeHome = Callable[..., Home]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeHome]:
    made: list[Home] = []

    def home(**publish: Any) -> Home:
        made.append(
            Home(tmp_path / "home", feeds=FeedsConfig(formats=("atom",), entries=2), publish=PublishConfig(**publish))
        )
        return made[-1]

    yield home
    for each in made:
        each.close()


def files(folder: Path) -> dict[str, bytes]:
    """Return what every file below `folder` holds."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def feeds(home: Home) -> dict[str, bytes]:
    return files(home.folder / "archive" / "feeds")


def documents(home: Home) -> dict[str, bytes]:
    """Return every document, whatever it is stored as."""
    there = feeds(home)
    pages = {path.removesuffix(".gz"): gzip.decompress(body) for path, body in there.items() if path.endswith(".gz")}
    return pages | {path: body for path, body in there.items() if not path.endswith(".gz")}


def publish(home: Home) -> tuple[int, int, int]:
    """Emit and publish elsewhere; return how many files were put, withdrawn and left waiting."""
    home.service.emit_now()
    done = home.service.mirror_now()
    assert done is not None
    return done.put, done.withdrawn, done.waiting


def test_a_folder_becomes_like_the_folder_of_feeds(make: MakeHome, tmp_path: Path) -> None:
    home = make(to=str(tmp_path / "www"))
    for number in range(7):
        home.write(f"{number}.md", a_post(f"Post {number}", categories="[金融/每经网, notes]"))
    home.ingest()
    publish(home)
    assert any("/archive/" in path for path in feeds(home))
    assert files(tmp_path / "www") == feeds(home)


def test_only_what_changed_is_put_again(make: MakeHome, tmp_path: Path) -> None:
    home = make(to=str(tmp_path / "www"))
    home.write("a.md", a_post("One", categories="[notes]"))
    home.write("b.md", a_post("Two", categories="[other]"))
    home.ingest()
    home.service.emit_now()
    home.service.mirror_now()
    before = {path: (tmp_path / "www" / path).stat().st_mtime_ns for path in feeds(home)}
    assert publish(home) == (0, 0, 0)
    home.write("b.md", a_post("Two", text="Another text.", categories="[other]"))
    home.ingest()
    home.service.emit_now()
    home.service.mirror_now()
    changed = {path for path, then in before.items() if (tmp_path / "www" / path).stat().st_mtime_ns != then}
    documents = {"all.atom", "category/other.atom", "source/posts.atom"}
    assert changed == documents | {f"{path}.gz" for path in documents}


def test_what_is_emitted_is_brought_there_without_being_asked_for(make: MakeHome, tmp_path: Path) -> None:
    home = make(to=str(tmp_path / "www"))
    home.write("a.md", a_post())
    home.ingest(emit=True)
    home.close()
    assert files(tmp_path / "www") == feeds(home)


def test_files_beside_a_document_go_to_a_folder_too(make: MakeHome, tmp_path: Path) -> None:
    home = make(to=str(tmp_path / "www"))
    home.write("a.md", a_post())
    home.ingest()
    home.service.emit_now()
    (home.folder / "archive" / "feeds" / "all.atom.br").write_bytes(b"coded")
    (home.folder / "archive" / "feeds" / ".publishing-1").write_bytes(b"half")
    home.service.mirror_now()
    assert (tmp_path / "www" / "all.atom.br").read_bytes() == b"coded"
    assert not (tmp_path / "www" / ".publishing-1").exists()


def test_only_what_we_put_there_is_removed(make: MakeHome, tmp_path: Path) -> None:
    home = make(to=str(tmp_path / "www"))
    home.write("a.md", a_post())
    home.ingest()
    home.service.emit_now()
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "index.html").write_text("somebody else's")
    home.service.mirror_now()
    removed = {"source/posts.atom", "source/posts.atom.gz"}
    assert removed <= files(tmp_path / "www").keys()
    for path in removed:
        (home.folder / "archive" / "feeds" / path).unlink()
    # the pass that the emission asked for may run beside this one, and come first
    assert home.service.mirror_now() is not None
    there = files(tmp_path / "www")
    assert removed.isdisjoint(there)
    assert there.pop("index.html") == b"somebody else's"
    assert there == feeds(home)


def test_a_place_that_is_away_holds_nothing_up_and_gets_it_later(
    make: MakeHome, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "www").write_text("in the way of a folder")
    home = make(to=str(tmp_path / "www"))
    home.write("a.md", a_post())
    assert home.ingest(emit=True).added == 1
    home.service.close_now()
    assert "wait to be published elsewhere" in caplog.text

    (tmp_path / "www").unlink()
    home.service = home.opened()
    number = len(feeds(home))
    home.clock.pass_by(hours=1)
    home.service.ingest_now(["posts"])  # nothing new: what waited is due
    home.close()
    assert files(tmp_path / "www") == feeds(home)
    assert len(files(tmp_path / "www")) == number


def test_status_tells_what_waits_and_is_unhealthy(make: MakeHome, tmp_path: Path) -> None:
    (tmp_path / "www").write_text("in the way of a folder")
    home = make(to=str(tmp_path / "www"))
    home.write("a.md", a_post())
    home.ingest()
    home.service.emit_now()
    done = home.service.mirror_now()
    home.close()
    config = home.folder / "config.toml"
    config.write_text(
        f'[publish]\nto = "{tmp_path / "www"}"\n[[source]]\nname = "posts"\nkind = "directory"\npath = "content"\n'
    )
    shown = CliRunner().invoke(cli, ["--config", str(config), "status"])
    told = json.loads(CliRunner().invoke(cli, ["--config", str(config), "status", "--json"]).stdout)
    assert done is not None
    assert shown.exit_code == 1
    assert f"{done.waiting} files wait to be published at {tmp_path / 'www'}: " in shown.stdout
    assert (told["healthy"], told["elsewhere"]["files"]) == (False, len(feeds(home)))


def test_emit_publishes_and_says_so(make: MakeHome, tmp_path: Path) -> None:
    home = make()
    home.write("a.md", a_post())
    home.ingest()
    home.close()
    config = home.folder / "config.toml"
    config.write_text(f'[publish]\nto = "{tmp_path / "www"}"\n')
    done = CliRunner().invoke(cli, ["--config", str(config), "emit", "--all"])
    assert done.exit_code == 0, done.output
    assert f"elsewhere: {len(feeds(home))} put, 0 withdrawn, 0 wait" in done.stdout


# ---------------------------------------------------------------- what is said of an object


@pytest.mark.parametrize(
    ("path", "media_type", "caching"),
    [
        ("all.atom", "application/atom+xml; charset=utf-8", "public, max-age=300"),
        ("category/金融.rss", "application/rss+xml; charset=utf-8", "public, max-age=300"),
        ("all.json", "application/feed+json; charset=utf-8", "public, max-age=300"),
        ("index.opml", "text/x-opml; charset=utf-8", "public, max-age=300"),
        ("feed.css", "text/css; charset=utf-8", "public, max-age=300"),
        ("all/archive/1.atom", "application/atom+xml; charset=utf-8", "public, max-age=31536000, immutable"),
        ("all/archive/12.json", "application/feed+json; charset=utf-8", "public, max-age=31536000, immutable"),
        ("category/archive/news.atom", "application/atom+xml; charset=utf-8", "public, max-age=300"),
        ("what.else", "application/octet-stream", "public, max-age=300"),
    ],
)
def test_an_object_says_what_it_is_and_how_long_it_keeps(path: str, media_type: str, caching: str) -> None:
    body, headers = form(path, b"<feed/>", compressed=False)
    assert (body, headers) == (b"<feed/>", {"Content-Type": media_type, "Cache-Control": caching})


def test_a_compressed_object_says_so() -> None:
    body, headers = form("all.atom", b"<feed/>", compressed=True)
    assert gzip.decompress(body) == b"<feed/>"
    assert headers["Content-Encoding"] == "gzip"
    assert form("all.atom", b"<feed/>", compressed=True)[0] == body


# ---------------------------------------------------------------- a bucket

ACCESS, SECRET = "AKIAEXAMPLEEXAMPLE", "not-so-secret/of+tests"  # of a server that takes any
SIGNED = f"AWS4-HMAC-SHA256 Credential={ACCESS}/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Serve S3 on loopback, as moto has it."""
    server = pytest.importorskip("moto.server", reason="moto is not installed").ThreadedMotoServer(
        ip_address="127.0.0.1", port=0, verbose=False
    )
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server.start()
    yield f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    server.stop()


class Store:
    """A bucket as its visitors see it."""

    def __init__(self, endpoint: str, bucket: str) -> None:
        self.endpoint = endpoint
        self.bucket = bucket
        self.ask("PUT")

    def ask(self, method: str, path: str = "") -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection(self.endpoint.removeprefix("http://"), timeout=300)
        connection.request(
            method, f"/{self.bucket}{quote(path)}", headers={"Content-Length": "0", "Authorization": SIGNED}
        )
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        found = answer.status, headers, answer.read()
        connection.close()
        return found

    def settings(self, **more: Any) -> dict[str, Any]:
        keys = {"access_key": ACCESS, "secret_key": SECRET, "region": "us-east-1", "endpoint": self.endpoint}
        return {"to": f"s3://{self.bucket}/news", **keys, **more}


@pytest.fixture
def store(endpoint: str, request: pytest.FixtureRequest) -> Store:
    return Store(endpoint, f"b{abs(hash(request.node.name))}")


def test_a_bucket_has_every_document_with_its_type_and_caching(make: MakeHome, store: Store) -> None:
    home = make(**store.settings())
    for number in range(7):
        home.write(f"{number}.md", a_post(f"Post {number}", categories="[金融/A & B]"))
    home.ingest()
    publish(home)
    assert "all/archive/1.atom" in documents(home)
    assert store.ask("GET", "/news/all.atom.gz")[0] == 404
    for path, body in documents(home).items():
        status, headers, found = store.ask("GET", f"/news/{path}")
        wanted = form(path, body, compressed=False)[1]
        assert (status, found) == (200, body), path
        assert headers["content-type"] == wanted["Content-Type"]
        assert headers["cache-control"] == wanted["Cache-Control"]
        assert "content-encoding" not in headers


def test_a_compressed_object_is_read_by_its_encoding(make: MakeHome, store: Store) -> None:
    home = make(**store.settings(gzip=True))
    home.write("a.md", a_post())
    home.ingest()
    publish(home)
    _, headers, found = store.ask("GET", "/news/all.atom")
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(found) == feeds(home)["all.atom"]


def test_a_bucket_loses_what_is_no_longer_emitted_and_nothing_else(make: MakeHome, store: Store) -> None:
    home = make(**store.settings())
    Bucket(PublishConfig(**store.settings())).put("of-another.txt", b"kept", {})
    home.write("a.md", a_post())
    home.ingest()
    publish(home)
    for path in ("posts.atom", "posts.atom.gz"):
        (home.folder / "archive" / "feeds" / "source" / path).unlink()
    home.service.mirror_now()
    assert store.ask("GET", "/news/source/posts.atom")[0] == 404
    assert store.ask("GET", "/news/of-another.txt")[2] == b"kept"
    assert store.ask("GET", "/news/all.atom")[0] == 200


def test_after_a_restart_nothing_is_put_twice(make: MakeHome, store: Store) -> None:
    home = make(**store.settings())
    home.write("a.md", a_post())
    home.ingest()
    publish(home)
    home.close()
    home.service = home.opened()
    assert publish(home) == (0, 0, 0)


def test_a_bucket_that_is_not_there_is_told_without_the_keys(make: MakeHome, store: Store) -> None:
    home = make(**store.settings(to="s3://nobody-has-this"))
    home.write("a.md", a_post())
    home.ingest()
    home.service.emit_now()
    done = home.service.mirror_now()
    assert done is not None
    assert done.waiting == len(documents(home))
    assert "NoSuchBucket" in done.error or "NotFound" in done.error
    assert ACCESS not in done.error
    assert SECRET not in done.error
    assert SECRET not in repr(home.config)


@contextmanager
def failing(times: int, target: str) -> Iterator[tuple[str, list[str]]]:
    """Pass requests on to the server `target`, all but the first `times` puts, which fail; yield the address and the paths."""
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer  # noqa: PLC0415

    seen: list[str] = []
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                seen.append(self.path)
                bad = len(seen) <= times
            if bad:
                self._answer(
                    403, b"<Error><Code>AccessDenied</Code><AWSAccessKeyId>" + ACCESS.encode() + b"</></Error>"
                )
                return
            connection = HTTPConnection(target.removeprefix("http://"), timeout=300)
            connection.request("PUT", self.path, body=body, headers=dict(self.headers))
            answer = connection.getresponse()
            self._answer(answer.status, answer.read(), ETag=answer.headers["ETag"] or '"x"')
            connection.close()

        def _answer(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()
        thread.join()


def test_failed_puts_resume_where_they_ended(make: MakeHome, store: Store) -> None:
    with failing(2, store.endpoint) as (address, seen):
        home = make(**store.settings(endpoint=address))
        for number in range(7):
            home.write(f"{number}.md", a_post(f"Post {number}"))
        home.ingest()
        home.service.emit_now()
        home.close()  # waits for the pass: two files failed
        home.service = home.opened()
        first = list(seen)
        done = home.service.mirror_now()
        assert done is not None
        assert (done.put, done.waiting) == (2, 0)
        assert sorted(seen[len(first) :]) == sorted(first[:2])
        assert {path.rpartition("/news/")[2] for path in seen} == set(documents(home))


# ---------------------------------------------------------------- the address


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ('to = "gs://bucket"', "publish.to: 'gs://bucket' is no place"),
        ('to = "s3://"', "publish.to: "),
        ('to = "s3://UPPER"', "publish.to: "),
        ('to = "s3://bucket/a//b"', "publish.to: "),
        ('to = "archive/feeds"', "must not lie in one another"),
        ('to = "."', "must not lie in one another"),
        ('to = "www"\nregion = "x"', "publish.region: a directory has none"),
        ('to = "s3://bucket"\naccess_key = "x"', "access_key and secret_key belong together"),
        ('to = "s3://bucket"\nsecret_key = "env:FEEDSVC_NOBODY_SETS_THIS"', "publish.secret_key: the environment"),
        ('to = "s3://bucket"\nendpoint = "minio:9000"', "publish.endpoint: "),
    ],
)
def test_check_judges_the_address(tmp_path: Path, table: str, problem: str) -> None:
    (tmp_path / "config.toml").write_text(f"[publish]\n{table}\n")
    done = CliRunner().invoke(cli, ["--config", str(tmp_path / "config.toml"), "check"])
    assert done.exit_code == 2
    assert problem in done.stderr


@pytest.mark.parametrize("to", ["s3://bucket", "s3://my.bucket-1/a/b/", "../www", "www"])
def test_check_passes_what_is_a_place(tmp_path: Path, to: str) -> None:
    (tmp_path / "config.toml").write_text(f'[publish]\nto = "{to}"\n')
    done = CliRunner().invoke(cli, ["--config", str(tmp_path / "config.toml"), "check"])
    assert done.exit_code == 0, done.output
    assert not (tmp_path / "www").exists()


def test_without_the_extra_a_bucket_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "obstore", None)
    with pytest.raises(PublishError, match=r"feedsvc\[s3\]"):
        Bucket(PublishConfig(to="s3://bucket"))


def test_a_folder_that_was_lost_is_filled_again_by_emit_all(make: MakeHome, tmp_path: Path) -> None:
    home = make(to=str(tmp_path / "www"))
    home.write("a.md", a_post())
    home.ingest()
    publish(home)
    shutil.rmtree(tmp_path / "www")
    home.service.mirror_now(everything=True)
    assert files(tmp_path / "www") == feeds(home)


def test_nothing_is_removed_elsewhere_while_the_feeds_are_lost(make: MakeHome, tmp_path: Path) -> None:
    home = make(to=str(tmp_path / "www"))
    home.write("a.md", a_post())
    home.ingest()
    publish(home)
    before = files(tmp_path / "www")
    shutil.rmtree(home.folder / "archive" / "feeds")  # as after a backup was put back: it has no feeds
    done = home.service.mirror_now()
    assert done is not None
    assert done.withdrawn == 0
    assert files(tmp_path / "www") == before
