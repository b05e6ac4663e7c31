"""What is sent goes out at once, on every connection that the server accepts; asked of the connections, not of a clock."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from feedsvc.config import Config, ServeConfig
from feedsvc.schedule import TickSettings, _prompt, run_daemon, serve_only
from tests.test_schedule import Recorder, application

if TYPE_CHECKING:
    from collections.abc import Callable

QUICK = TickSettings(tick=0.02, drain_http=5, drain_run=5)
TCP = socket.IPPROTO_TCP


def noting(accepted: list[tuple[int, int]]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a front that notes the family and TCP_NODELAY of each connection that uvicorn is given."""

    def front(protocol: Callable[..., Any]) -> Callable[..., Any]:
        class Noting(protocol):  # type: ignore[misc,valid-type]
            def connection_made(self, transport: asyncio.Transport) -> None:
                connection = transport.get_extra_info("socket")
                accepted.append((connection.family, connection.getsockopt(TCP, socket.TCP_NODELAY)))
                super().connection_made(transport)

        return Noting

    return front


async def ask(address: str, times: int = 3) -> None:
    """Make a few requests on one connection, and close it."""
    host, _, port = address.removeprefix("http://").strip("/").rpartition(":")
    reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    for _ in range(times):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = await reader.readuntil(b"\r\n0\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200")
    writer.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
@pytest.mark.parametrize("command", ["run", "serve"])
async def test_every_accepted_connection_sends_at_once(command: str, host: str) -> None:
    if host == "::1" and not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    accepted: list[tuple[int, int]] = []
    told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    config = Config(serve=ServeConfig(host=host, port=0))
    common: dict[str, Any] = {"ready": told.set_result, "pace": QUICK, "front": noting(accepted)}
    if command == "run":
        service = Recorder(config=replace(Recorder().config, serve=config.serve))
        serving = asyncio.create_task(run_daemon(service, application, reread=lambda: config, **common))
    else:
        serving = asyncio.create_task(serve_only(application, config, **common))
    address = await told
    await asyncio.gather(ask(address), ask(address))
    os.kill(os.getpid(), signal.SIGTERM)
    assert await asyncio.wait_for(serving, 10) == 0
    family = socket.AF_INET6 if host == "::1" else socket.AF_INET
    assert accepted == [(family, 1)] * 2


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
@pytest.mark.parametrize("protocol", [0, TCP])
def test_a_listener_that_others_made_accepts_such_connections(family: int, protocol: int) -> None:
    made = socket.socket(family, socket.SOCK_STREAM, protocol)
    made.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
    made.listen()
    adopted = socket.socket(family, socket.SOCK_STREAM, protocol, fileno=made.detach())
    with _prompt(adopted) as listener, socket.create_connection(listener.getsockname()[:2]):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.proto == TCP
            assert accepted.getsockopt(TCP, socket.TCP_NODELAY) == 1


def test_a_listener_that_is_no_tcp_stays_as_it_is(tmp_path: Any) -> None:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.bind(str(tmp_path / "s"))
    made.listen()
    with _prompt(made) as listener, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(tmp_path / "s"))
        accepted, _ = listener.accept()
        accepted.close()
        assert listener.family == socket.AF_UNIX
