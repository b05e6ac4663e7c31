"""The fetcher against a server that misbehaves."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from feedsvc.ports import FetchError
from feedsvc.sources import Fetcher
from feedsvc.sources.http.error_classes import FAULTS
from tests.hostile.server import FEED, HostileServer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feedsvc.model import FetchSettings

READ = [
    "/feed", "/late", "/gzip", "/gzip-members", "/gzip-unsaid", "/gzip-trailer", "/says-gzip", "/deflate", "/deflate-raw",
    "/moved", "/moved-308", "/away", "/away-then-moved", "/to-umlaut", "/endless-redirect", "/wants-cookie", "/smuggling",
]  # fmt: skip
REFUSED = {
    "/gzip-cut": "encoding",
    "/gzip-crc": "encoding",
    "/brotli": "encoding",
    "/gzip-twice": "encoding",
    "/bomb": "too-large",
    "/endless": "too-large",
    "/announced": "too-large",
    "/short": "protocol",
    "/cut-chunks": "protocol",
    "/broken-always": "protocol",
    "/garbage": "protocol",
    "/two-lengths": "protocol",
    "/te-unknown": "protocol",
    "/endless-headers": "protocol",
    "/304-unasked": "protocol",
    "/silent": "timeout",
    "/slow-headers": "timeout",
    "/interim": "timeout",
    "/slow-body": "timeout",
    "/stalled": "timeout",
    "/loop": "redirect",
    "/no-target": "redirect",
    "/to-file": "blocked",
    "/to-data": "blocked",
    "/to-userinfo": "blocked",
    "/to-nonsense": "blocked",
    "/to-metadata": "blocked",
    "/404": "http",
    "/403": "http",
    "/challenge": "http",
    "/401": "http",
    "/500": "http",
    "/999": "http",
    "/204": "http",
    "/206": "http",
    "/410": "gone",
    "/429": "wait",
    "/429-garbage": "wait",
    "/429-absurd": "wait",
    "/503-later": "wait",
    "/empty": "empty",
}


async def failure(fetcher: Fetcher, url: str, settings: FetchSettings) -> FetchError:
    with pytest.raises(FetchError) as raised:
        await fetcher.fetch(url, settings)
    return raised.value


def impatient(settings: FetchSettings) -> FetchSettings:
    """Return settings that give up soon: a loaded machine may be too slow for anything else."""
    return replace(settings, connect_seconds=1.0, silence_seconds=0.4, total_seconds=0.8)


@pytest.mark.parametrize("path", READ)
async def test_a_feed_is_read_whole(path: str, server: HostileServer, fetcher: Fetcher, quick: FetchSettings) -> None:
    answer = await fetcher.fetch(server.url(path), quick)
    assert answer.body == FEED


@pytest.mark.parametrize("path", REFUSED)
async def test_each_way_of_misbehaving_has_its_class(
    path: str, server: HostileServer, fetcher: Fetcher, quick: FetchSettings
) -> None:
    settings = impatient(quick) if REFUSED[path] == "timeout" else quick
    error = await failure(fetcher, server.url(path), settings)
    assert error.kind == REFUSED[path]
    assert error.kind in FAULTS
    assert [fetch.outcome for fetch in error.fetches] == [error.kind]
    assert server.url(path) in str(error)


async def test_the_deadline_holds_against_a_server_that_drips(
    server: HostileServer, fetcher: Fetcher, quick: FetchSettings
) -> None:
    started = time.monotonic()
    await failure(fetcher, server.url("/slow-body"), impatient(quick))
    assert time.monotonic() - started < 120  # the server drips for hours


async def test_a_refused_port_is_a_failed_connection(fetcher: Fetcher, quick: FetchSettings) -> None:
    async with HostileServer() as closed:
        url = closed.url("/feed")
    assert (await failure(fetcher, url, quick)).kind == "connect"


async def test_tls_against_a_server_without_it_is_labelled(
    server: HostileServer, fetcher: Fetcher, quick: FetchSettings
) -> None:
    url = server.url("/feed").replace("http:", "https:")
    assert (await failure(fetcher, url, impatient(quick))).kind in ("tls", "timeout")


async def test_an_unknown_name_is_labelled(quick: FetchSettings, fetcher: Fetcher) -> None:
    assert (await failure(fetcher, "http://nowhere.invalid/feed", quick)).kind == "dns"


# ---------------------------------------------------------------- conditions


async def test_validators_come_back_byte_for_byte(
    server: HostileServer, fetcher: Fetcher, quick: FetchSettings
) -> None:
    first = await fetcher.fetch(server.url("/etag"), quick)
    second = await fetcher.fetch(server.url("/etag"), quick, etag=first.etag, last_modified=first.last_modified)
    assert second.body is None
    assert second.fetches[-1].outcome == "unchanged"
    sent = server.asked[-1].headers
    assert sent["if-none-match"].encode("latin-1").decode() == 'W/"café-1"'
    assert sent["if-modified-since"] == "yesterday, more or less"


@pytest.mark.parametrize(
    ("path", "moved"),
    [
        ("/moved", True),
        ("/moved-308", True),
        ("/away", False),
        ("/away-then-moved", False),
        ("/moved-then-away", False),
    ],
)
async def test_only_a_wholly_permanent_chain_moves_a_source(
    path: str, *, moved: bool, server: HostileServer, fetcher: Fetcher, quick: FetchSettings
) -> None:
    answer = await fetcher.fetch(server.url(path), quick)
    assert answer.fetches[-1].moved_to == (server.url("/feed") if moved else "")


async def test_a_move_that_answers_304_is_still_a_move(
    server: HostileServer, fetcher: Fetcher, quick: FetchSettings
) -> None:
    answer = await fetcher.fetch(server.url("/moved-to-etag"), quick, etag='"any"')
    assert answer.body is None
    assert answer.fetches[-1].moved_to == server.url("/etag")


# ---------------------------------------------------------------- trying again


@pytest.mark.parametrize("path", ["/broken-once", "/busy-once"])
async def test_a_passing_trouble_is_tried_again_once(
    path: str, server: HostileServer, fetcher: Fetcher, quick: FetchSettings
) -> None:
    answer = await fetcher.fetch(server.url(path), replace(quick, retries=1))
    assert answer.body == FEED
    assert len(answer.fetches) == 2


@pytest.mark.parametrize(
    ("path", "requests"), [("/404", 1), ("/silent", 1), ("/brotli", 1), ("/500", 2), ("/gzip-cut", 2)]
)
async def test_only_what_may_pass_is_tried_again(
    path: str, requests: int, server: HostileServer, fetcher: Fetcher, quick: FetchSettings
) -> None:
    settings = impatient(quick) if path == "/silent" else quick
    await failure(fetcher, server.url(path), replace(settings, retries=1))
    assert len(server.asked) == requests


async def test_a_host_that_asked_for_peace_gets_it(
    server: HostileServer, fetcher: Fetcher, quick: FetchSettings
) -> None:
    first = await failure(fetcher, server.url("/429"), quick)
    second = await failure(fetcher, server.url("/feed"), quick)
    assert first.retry_after == 30
    assert second.kind == "wait"
    assert [asked.path for asked in server.asked] == ["/429"]


async def test_the_peace_that_is_asked_for_has_a_limit(
    server: HostileServer, fetcher: Fetcher, quick: FetchSettings
) -> None:
    assert (await failure(fetcher, server.url("/429-absurd"), quick)).retry_after == 86_400


# ---------------------------------------------------------------- politeness


async def test_a_host_sees_one_request_at_a_time(server: HostileServer, fetcher: Fetcher, quick: FetchSettings) -> None:
    await asyncio.gather(*(fetcher.fetch(server.url("/late"), quick) for _ in range(5)))
    assert server.most_open == 1


async def test_waiting_for_a_turn_takes_no_time_from_the_deadline(
    server: HostileServer, fetcher: Fetcher, quick: FetchSettings
) -> None:
    settings = replace(quick, total_seconds=5.0)  # each is answered after 0.1 s, the last one waits for 6 s
    answers = await asyncio.gather(*(fetcher.fetch(server.url("/late"), settings) for _ in range(60)))
    assert all(answer.body == FEED for answer in answers)


async def test_left_over_bytes_answer_nobody(server: HostileServer, fetcher: Fetcher, quick: FetchSettings) -> None:
    bodies = [(await fetcher.fetch(server.url("/smuggling"), quick)).body for _ in range(2)]
    assert bodies == [FEED, FEED]
    assert server.connections == 2


# ---------------------------------------------------------------- the guard


ODD = [
    "127.0.0.2", "2130706434", "0x7f000002", "0177.0.0.2", "127.2", "[::ffff:127.0.0.2]", "[::ffff:7f00:2]",
    "[64:ff9b::7f00:2]", "\uff11\uff12\uff17.0.0.2",
]  # fmt: skip


@pytest.mark.parametrize("host", ODD)
async def test_no_notation_reaches_a_private_address(
    host: str, server: HostileServer, canary: HostileServer, fetcher: Fetcher, quick: FetchSettings
) -> None:
    server.elsewhere = f"http://{host}:{canary.port}/feed"
    error = await failure(fetcher, server.url("/elsewhere"), quick)
    assert error.kind == "blocked"
    assert canary.connections == 0


async def test_a_name_that_changes_its_address_is_judged_each_time(
    server: HostileServer, canary: HostileServer, quick: FetchSettings
) -> None:
    answers = iter([["127.0.0.1"], ["127.0.0.2"]])

    async def rebinding(_host: str, _port: int) -> Sequence[str]:
        return next(answers)

    fetcher = Fetcher("feedsvc-tests", resolve=rebinding)
    await fetcher.fetch(f"http://rebind.example:{server.port}/feed", quick)
    error = await failure(fetcher, f"http://rebind.example:{canary.port}/feed", quick)
    await fetcher.aclose()
    assert error.kind == "blocked"
    assert canary.connections == 0


async def test_one_private_address_among_public_ones_is_a_trap(quick: FetchSettings) -> None:
    async def mixed(_host: str, _port: int) -> Sequence[str]:
        return ["93.184.216.34", "127.0.0.2"]

    fetcher = Fetcher("feedsvc-tests", resolve=mixed)
    error = await failure(fetcher, "http://mixed.example/feed", quick)
    await fetcher.aclose()
    assert error.kind == "blocked"


async def test_without_leave_loopback_is_refused(server: HostileServer, fetcher: Fetcher, quick: FetchSettings) -> None:
    error = await failure(fetcher, server.url("/feed"), replace(quick, allow_networks=()))
    assert error.kind == "blocked"
    assert server.connections == 0


@pytest.mark.parametrize("url", ["ftp://example.org/", "http:///feed", "http://[::1", "http://x/" + "y" * 3000])
async def test_an_address_that_is_none_is_refused(url: str, fetcher: Fetcher, quick: FetchSettings) -> None:
    assert (await failure(fetcher, url, quick)).kind == "blocked"


# ---------------------------------------------------------------- credentials


async def test_a_login_goes_to_its_own_origin_only(
    server: HostileServer, fetcher: Fetcher, quick: FetchSettings
) -> None:
    settings = replace(
        quick, token=f"s3cret-{1}", cookies={"session": "s3cret-cookie"}, headers={"X-Key": "s3cret-key"}
    )
    async with HostileServer() as other:
        server.elsewhere = other.url("/feed")
        await fetcher.fetch(server.url("/elsewhere"), settings)
        sent, followed = str(server.asked[0].headers), str(other.asked[0].headers)
    assert sent.count("s3cret") == 3
    assert "s3cret" not in followed


async def test_a_login_in_the_address_is_sent_and_never_shown(
    server: HostileServer, fetcher: Fetcher, quick: FetchSettings
) -> None:
    url = server.url("/404?token=t0psecret&page=2").replace("http://", "http://me:pa%40ss@")
    error = await failure(fetcher, url, quick)
    assert server.asked[0].headers["authorization"] == "Basic bWU6cGFAc3M="
    assert server.asked[0].path == "/404?token=t0psecret&page=2"
    shown = f"{error} {error.fetches} {error.__cause__!r}"
    assert "t0psecret" not in shown
    assert "pa%40ss" not in shown
    assert "pa@ss" not in shown
    assert "page=2" in shown


async def test_a_header_that_cannot_be_sent_does_not_give_its_value_away(
    server: HostileServer, fetcher: Fetcher, quick: FetchSettings
) -> None:
    error = await failure(fetcher, server.url("/feed"), replace(quick, headers={"X-Key": "s3cret\r\nX: y"}))
    assert error.kind == "protocol"
    assert "s3cret" not in str(error)


async def test_a_source_cannot_ask_for_another_coding(
    server: HostileServer, fetcher: Fetcher, quick: FetchSettings
) -> None:
    await fetcher.fetch(server.url("/feed"), replace(quick, headers={"Accept-Encoding": "br", "X-Mine": "1"}))
    assert server.asked[0].headers["accept-encoding"] == "gzip, deflate"
    assert server.asked[0].headers["x-mine"] == "1"


async def test_the_user_agent_is_the_sources_own_else_the_services(
    server: HostileServer, fetcher: Fetcher, quick: FetchSettings
) -> None:
    await fetcher.fetch(server.url("/feed"), quick)
    await fetcher.fetch(server.url("/feed"), replace(quick, user_agent="mine/1"))
    assert [asked.headers["user-agent"] for asked in server.asked] == ["feedsvc-tests", "mine/1"]


async def test_proxies_of_the_environment_are_not_used(
    server: HostileServer,
    canary: HostileServer,
    fetcher: Fetcher,
    quick: FetchSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", canary.url(""))
    monkeypatch.setenv("ALL_PROXY", canary.url(""))
    assert (await fetcher.fetch(server.url("/feed"), quick)).body == FEED
    assert canary.connections == 0


async def test_the_configured_proxy_is_asked_for_names_that_only_it_knows(
    server: HostileServer, fetcher: Fetcher, quick: FetchSettings
) -> None:
    settings = replace(quick, proxy=server.url("").replace("http://", "http://me:pw@"))
    assert (await fetcher.fetch("http://inside.invalid/feed", settings)).body == FEED
    assert server.asked[0].path == "http://inside.invalid/feed"
    assert server.asked[0].headers["proxy-authorization"] == "Basic bWU6cHc="


@pytest.mark.parametrize("proxy", ["nonsense", "http://[::1", "socks5://127.0.0.1:1", "http://"])
async def test_a_proxy_that_is_none_is_told(proxy: str, fetcher: Fetcher, quick: FetchSettings) -> None:
    error = await failure(fetcher, "http://inside.invalid/feed", replace(quick, proxy=proxy))
    assert "`proxy`" in str(error)


async def test_private_targets_stay_refused_through_a_proxy(
    server: HostileServer, fetcher: Fetcher, quick: FetchSettings
) -> None:
    settings = replace(quick, proxy=server.url(""), allow_networks=())
    error = await failure(fetcher, "http://10.1.2.3/feed", settings)
    assert error.kind == "blocked"
    assert server.connections == 0
