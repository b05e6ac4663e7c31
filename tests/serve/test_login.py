"""The operator in public: let in by a secret, shown what is in ops.db, and nobody else is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from feedsvc import serve
from feedsvc.app import read_config
from feedsvc.config import Config, ServeConfig
from feedsvc.errors import ConfigError
from feedsvc.serve.login import COOKIE, LASTS, Login, set_cookie
from tests.serve.child import serving
from tests.serve.sample import make

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

SECRET = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c"  # noqa: S105 - of this file alone
TOLD = "planet.example.org: time-out"  # stands in ops.db alone
PRIVATE = ("/-/status", "/source/planet", "/-/metrics")
MARKS = {"/-/metrics": "feedsvc_quarantined_documents"}  # what tells of ops.db there
NOW = 1_800_000_000.0
LOGIN = Login(SECRET)


@pytest.fixture
async def public(archive: Path) -> AsyncIterator[Any]:
    config = Config(url="https://news.example.org", archive=str(archive), serve=ServeConfig(public=True, login=SECRET))
    datasette = serve.build(config, ops=archive / "ops.db")
    await datasette.invoke_startup()
    transport = httpx.ASGITransport(app=datasette.app())
    async with httpx.AsyncClient(transport=transport, base_url="https://news.example.org") as client:
        client.datasette = datasette  # type: ignore[attr-defined]
        yield client
    serve.close(datasette)


async def typed(client: Any, secret: str) -> Any:
    """Return the answer to the form with `secret` typed into it."""
    form = (await client.get("/-/operator")).text
    token = re.search(r'name="csrftoken" value="([^"]*)"', form)
    assert token
    return await client.post("/-/operator", data={"csrftoken": token[1], "secret": secret})


@pytest.mark.parametrize("path", PRIVATE)
async def test_who_knows_the_secret_sees_what_failed_and_nobody_else_does(public: Any, path: str) -> None:
    assert MARKS.get(path, TOLD) not in (await public.get(path)).text
    entered = await typed(public, SECRET)
    assert (entered.status_code, entered.headers["location"]) == (303, "/-/status")
    assert MARKS.get(path, TOLD) in (await public.get(path)).text


@pytest.mark.parametrize("path", PRIVATE)
async def test_no_cache_keeps_a_page_that_depends_on_who_asks(public: Any, path: str) -> None:
    for headers in ({}, {"Authorization": f"Bearer {SECRET}"}):
        answer = await public.get(path, headers=headers)
        assert answer.headers["cache-control"] == "private, no-store"
        assert "Cookie" in answer.headers["vary"]


@pytest.mark.parametrize("secret", ["", "wrong", SECRET[:-1], SECRET + "0", "é" * 40])
async def test_another_secret_lets_nobody_in(public: Any, secret: str) -> None:
    refused = await typed(public, secret)
    assert refused.status_code == 403
    assert COOKIE not in refused.cookies
    assert secret == "" or secret not in refused.text
    assert TOLD not in (await public.get("/-/status")).text


async def test_a_machine_shows_the_secret_with_each_request(public: Any) -> None:
    told = await public.get("/-/metrics", headers={"Authorization": f"Bearer {SECRET}"})
    assert 'feedsvc_source_failures{source="planet"} 2' in told.text
    for other in ("Bearer ", "Bearer wrong", f"Basic {SECRET}", SECRET):
        assert 'planet"} 2' not in (await public.get("/-/metrics", headers={"Authorization": other})).text


async def test_who_leaves_has_to_come_in_again(public: Any) -> None:
    await typed(public, SECRET)
    form = (await public.get("/-/operator")).text
    token = re.search(r'name="csrftoken" value="([^"]*)"', form)
    assert token
    await public.post("/-/operator", data={"csrftoken": token[1], "leave": "1"})
    assert TOLD not in (await public.get("/-/status")).text


async def test_the_cookie_is_for_this_site_its_server_and_encrypted_ways_alone(public: Any) -> None:
    kept = (await typed(public, SECRET)).headers.get_list("set-cookie")
    (ours,) = (each for each in kept if each.startswith(COOKIE))
    assert {"HttpOnly", "Secure", "SameSite=Strict", "Path=/", f"Max-Age={LASTS}"} <= set(ours.split("; "))
    assert SECRET not in ours
    assert "Secure" not in set_cookie("x", path="/", secure=False)


async def test_the_form_is_not_taken_from_another_site(public: Any) -> None:
    await public.get("/-/operator")
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    cookie = {"Cookie": "a=b"}
    answer = await public.post("/-/operator", data={"secret": SECRET}, headers={**headers, **cookie})
    assert answer.status_code == 403
    assert COOKIE not in answer.cookies


async def test_the_cookie_opens_nothing_of_datasette(public: Any) -> None:
    await typed(public, SECRET)
    for path in ("/-/config", "/-/databases.json", "/-/create-token", "/-/actor.json", "/ops", "/ops/failures.json"):
        assert (await public.get(path)).status_code == 404, path
    answer = await public.get("/archive.json", params={"sql": "select * from failures"}, follow_redirects=True)
    assert answer.status_code == 400


async def test_the_secret_is_told_nowhere(public: Any) -> None:
    await typed(public, SECRET)
    for path in ("/-/status", "/-/operator", "/-/metrics", "/-/config.json", "/-/metadata.json", "/archive", "/none"):
        assert SECRET not in (await public.get(path)).text, path
    assert SECRET not in repr(LOGIN)
    assert SECRET not in repr(ServeConfig(login=SECRET))


async def test_another_secret_ends_what_began_with_the_old_one(public: Any, archive: Path) -> None:
    await typed(public, SECRET)
    serve.reload(public.datasette, Config(archive=str(archive), serve=ServeConfig(public=True, login=SECRET[::-1])))
    assert TOLD not in (await public.get("/-/status")).text


async def test_a_secret_that_is_new_lets_in_without_a_restart(archive: Path) -> None:
    datasette = serve.build(Config(archive=str(archive), serve=ServeConfig(public=True)), ops=archive / "ops.db")
    await datasette.invoke_startup()
    headers = {"Authorization": f"Bearer {SECRET}"}
    assert (await datasette.client.get("/-/operator")).status_code == 404
    assert TOLD not in (await datasette.client.get("/-/status", headers=headers)).text
    serve.reload(datasette, Config(archive=str(archive), serve=ServeConfig(public=True, login=SECRET)))
    assert TOLD in (await datasette.client.get("/-/status", headers=headers)).text
    serve.close(datasette)


async def test_where_all_is_open_there_is_no_form(site: Any) -> None:
    assert (await site.get("/-/operator")).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/", "/archive", "/archive/articles", "/archive/articles/-/insert", "/-/status"])
async def test_nothing_is_sent_to_a_public_archive(public: Any, method: str, path: str) -> None:
    assert (await public.request(method, path, content=b"{}")).status_code == 405


async def test_a_form_that_is_too_long_is_not_read(public: Any) -> None:
    async def endless() -> AsyncIterator[bytes]:
        pytest.fail("it was read")
        yield b""

    assert (await public.post("/-/operator", content=b"x" * 5_000)).status_code == 413
    assert (await public.post("/-/operator", content=endless())).status_code == 413  # nobody says how long


def test_a_cookie_is_good_for_its_time_and_for_its_secret_alone() -> None:
    def admitted(cookie: str, *, login: Login = LOGIN, now: float = NOW) -> bool:
        return login.admits(f"a=b; {COOKIE}={cookie}; c=d", "", now)

    cookie = LOGIN.cookie(NOW)
    until, _, signature = cookie.partition("-")
    assert admitted(cookie)
    assert not admitted(cookie, now=NOW + LASTS)
    assert not admitted(cookie, login=Login(SECRET[::-1]))
    assert not admitted(cookie, login=Login(""))
    assert not admitted(f"{int(until) + 1}-{signature}")
    assert not admitted(f"{until}-{'0' * 64}")
    assert not admitted(LOGIN.cookie(NOW + LASTS))  # of a clock that was put back since


@pytest.mark.parametrize("text", ["", "=", f"{COOKIE}", f"{COOKIE}=", f"{COOKIE}=1-2", "\0", "é=ü", f"x{COOKIE}=1"])
def test_a_cookie_that_is_none_lets_nobody_in(text: str) -> None:
    assert not LOGIN.admits(text, "", NOW)


def test_an_empty_secret_is_nobodys() -> None:
    assert not Login("").known("")
    assert not Login("").admits(f"{COOKIE}={Login('').cookie(NOW)}", "Bearer ", NOW)


@pytest.mark.parametrize(
    ("login", "content", "told"),
    [(SECRET, "", "does not stand here"), ("file:secret", "short\n", "openssl rand"), ("file:nowhere", "", "nowhere")],
)
def test_a_secret_that_is_none_is_named_with_the_remedy(tmp_path: Path, login: str, content: str, told: str) -> None:
    (tmp_path / "secret").write_text(content, encoding="utf-8")
    (tmp_path / "config.toml").write_text(f'[serve]\npublic = true\nlogin = "{login}"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"serve\.login.*" + told) as caught:
        read_config(tmp_path / "config.toml")
    assert SECRET not in str(caught.value)


def test_the_secret_of_a_file_lets_in_over_http(tmp_path: Path) -> None:
    make(tmp_path / "archive")
    (tmp_path / "secret").write_text(f"{SECRET}\n", encoding="ascii")
    with (
        serving(tmp_path, public=True, more='login = "file:secret"') as child,
        httpx.Client(base_url=child.address, trust_env=False) as client,
    ):
        assert TOLD not in client.get("/-/status").text
        entered = client.post("/-/operator", data={"secret": SECRET})  # as curl does: no cookie, and from nowhere
        assert entered.status_code == 303
        cookie = entered.headers["set-cookie"].partition(";")[0]  # of an encrypted way, which this is not
        assert TOLD in client.get("/-/status", headers={"Cookie": cookie}).text
