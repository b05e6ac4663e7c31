"""A private archive answers to its own names, and to no page of another origin."""

from __future__ import annotations

import http.client
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from feedsvc import serve
from feedsvc.config import Config, ServeConfig
from feedsvc.serve.origins import host_name, private_hosts
from tests.serve.child import serving
from tests.serve.sample import make

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

PATHS = (
    "/",
    "/feeds/all.atom",
    "/-/status",
    "/-/databases.json",
    "/archive/articles.json",
    "/archive.json?sql=select+1",
)
CROSS = {
    "fetch": {"sec-fetch-mode": "cors", "sec-fetch-dest": "empty"},
    "picture": {"sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"},
    "script": {"sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"},
    "frame": {"sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"},
}
LINK = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-user": "?1"}


@pytest.fixture(scope="module")
def child(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a private archive that is served in a process of its own."""
    folder = tmp_path_factory.mktemp("private")
    make(folder / "archive")
    with serving(folder, more='hosts = ["NAS.lan", "[fd00::1]", "192.168.1.10"]') as served:
        yield served.address


def asked(address: str, path: str, host: str | None, **headers: str) -> tuple[int, str, dict[str, str]]:
    """GET `path` with the given `Host`, on a connection of its own; return status, body and headers."""
    place = urlsplit(address)
    connection = http.client.HTTPConnection(str(place.hostname), place.port or 80, timeout=600)
    connection.putrequest("GET", path, skip_host=True)
    for name, value in ({"Host": host} if host is not None else {}).items() | headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    answer = connection.getresponse()
    found = answer.status, answer.read().decode("utf-8", "replace"), {k.lower(): v for k, v in answer.getheaders()}
    connection.close()
    return found


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8001",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.example.",
        "10.0.0.1",
        "[::2]",
        "",
        "0",
    ],
)
def test_a_name_that_is_none_of_ours_gets_nothing(child: str, path: str, host: str) -> None:
    status, body, headers = asked(child, path, host)
    assert status in (400, 421)
    assert "access-control-allow-origin" not in headers
    if status == 421:
        assert "[serve] hosts" in body


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LocalHost:1",
        "127.0.0.1",
        "127.0.0.1:80",
        "[::1]:8001",
        "[0:0:0:0:0:0:0:1]",
        "news.example.org",
        "nas.lan:9",
        "nas.lan.",
        "[fd00::1]",
        "192.168.1.10:8001",
    ],
)
def test_our_own_names_are_answered_with_and_without_a_port(child: str, path: str, host: str) -> None:
    assert asked(child, path, host)[0] in (200, 302)


def test_a_request_without_a_name_is_refused(child: str) -> None:
    place = urlsplit(child)
    with socket.create_connection((str(place.hostname), place.port), timeout=600) as connection:
        connection.sendall(b"GET /feeds/all.atom HTTP/1.0\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.split(b" ", 2)[1] in (b"400", b"421")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("way", CROSS)
@pytest.mark.parametrize("path", [path for path in PATHS if "feeds" not in path])
def test_a_page_of_another_origin_loads_nothing(child: str, path: str, way: str, site: str) -> None:
    status, body, headers = asked(child, path, "127.0.0.1", sec_fetch_site=site, **CROSS[way])
    assert status == 403
    assert "[serve] cors" in body
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("site", ["cross-site", "same-site", "same-origin", "none"])
def test_a_link_that_a_person_follows_is_answered(child: str, path: str, site: str) -> None:
    assert asked(child, path, "127.0.0.1", sec_fetch_site=site, **LINK)[0] in (200, 302)


@pytest.mark.parametrize("way", CROSS)
def test_our_own_pages_load_what_they_need(child: str, way: str) -> None:
    assert asked(child, "/archive/articles.json", "127.0.0.1", sec_fetch_site="same-origin", **CROSS[way])[0] == 200


@pytest.mark.parametrize("path", ["/feeds/all.atom", "/feeds/none.atom", "/feeds/index.opml"])
@pytest.mark.parametrize(
    "headers", [{}, {"origin": "http://evil.example", "sec_fetch_site": "cross-site", **CROSS["fetch"]}]
)
def test_a_feed_cannot_be_read_by_a_page_of_another_origin(child: str, path: str, headers: dict[str, str]) -> None:
    status, _, said = asked(child, path, "127.0.0.1", **headers)
    assert status in (200, 404)
    assert not [name for name in said if name.startswith("access-control-")]


@pytest.fixture
async def client(archive: Path, request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    datasette = serve.build(Config(archive=str(archive), serve=request.param), ops=archive / "ops.db")
    await datasette.invoke_startup()
    yield datasette.client
    serve.close(datasette)


@pytest.mark.parametrize("client", [ServeConfig(public=True)], indirect=True)
async def test_in_public_every_name_and_every_origin_reads(client: Any) -> None:
    for path in ("/feeds/all.atom", "/archive/articles.json"):
        headers = {"host": "evil.example", "sec-fetch-site": "cross-site", **CROSS["fetch"]}
        answer = await client.get(path, headers=headers)
        assert answer.status_code == 200
        assert answer.headers.get("access-control-allow-origin") == ("*" if "feeds" in path else None)
    assert (await client.options("/feeds/all.atom")).headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("client", [ServeConfig(public=public, cors=True) for public in (False, True)], indirect=True)
@pytest.mark.parametrize("path", ["/archive/articles.json", "/archive/articles.csv", "/archive.json?sql=select+1"])
async def test_cors_lets_other_origins_read_json_and_csv_and_nothing_else(client: Any, path: str) -> None:
    headers = {"sec-fetch-site": "cross-site", "origin": "http://other.example", **CROSS["fetch"]}
    answer = await client.get(path, headers=headers, follow_redirects=True)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("client", [ServeConfig(cors=True)], indirect=True)
async def test_cors_opens_no_page(client: Any) -> None:
    answer = await client.get("/-/status", headers={"sec-fetch-site": "cross-site", **CROSS["fetch"]})
    assert answer.status_code == 403
    assert (await client.get("/archive/articles.json", headers={"host": "evil.example"})).status_code == 421


async def test_a_reload_opens_and_closes(archive: Path) -> None:
    private, public = Config(archive=str(archive)), Config(archive=str(archive), serve=ServeConfig(public=True))
    datasette = serve.build(private, ops=archive / "ops.db")
    await datasette.invoke_startup()
    for config, status, origin in ((private, 421, None), (public, 200, "*"), (private, 421, None)):
        serve.reload(datasette, config)
        answer = await datasette.client.get("/feeds/all.atom", headers={"host": "evil.example"})
        assert answer.status_code == status
        answer = await datasette.client.get("/feeds/all.atom")
        assert answer.headers.get("access-control-allow-origin") == origin
    serve.close(datasette)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (b"Example.ORG:8001", "example.org"),
        (b"example.org.", "example.org"),
        (b"[::1]:8001", "[::1]"),
        (b"[0:0:0:0:0:0:0:1]", "[::1]"),
        (b"::1", "[::1]"),
        (b"user@localhost", "user@localhost"),
        (b"[x]", ""),
        (b"", ""),
        (b"b\xfccher.example", "b\xfccher.example"),
    ],
)
def test_the_name_of_a_host(header: bytes, name: str) -> None:
    assert host_name(header) == name


def test_names_of_the_configuration() -> None:
    config = Config(url="https://Bücher.example:8443/news", serve=ServeConfig(host="192.168.1.5", hosts=("NAS.lan",)))
    assert private_hosts(config) == {
        "localhost",
        "127.0.0.1",
        "[::1]",
        "192.168.1.5",
        "nas.lan",
        "xn--bcher-kva.example",
    }
    assert private_hosts(Config(serve=ServeConfig(public=True))) is None


@pytest.mark.parametrize(("mode", "host"), [("public", "news.example.org"), ("private", "127.0.0.1:8001")])
async def test_absolute_addresses_are_those_of_the_service(archive: Path, mode: str, host: str) -> None:
    public = mode == "public"
    config = Config(archive=str(archive), url="https://news.example.org", serve=ServeConfig(public=public))
    datasette = serve.build(config, ops=archive / "ops.db")
    await datasette.invoke_startup()
    answer = await datasette.client.get(
        "/archive/articles.json?_size=1", headers={"host": "evil.example" if public else host}
    )
    serve.close(datasette)
    following = answer.json()["next_url"]
    assert following.startswith(f"{'https' if public else 'http'}://{host}/archive/articles.json")
    assert "evil.example" not in answer.text + str(answer.headers)
