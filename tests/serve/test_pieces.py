"""What is long is rendered in a thread and written in pieces, between which the event loop does other things."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

from feedsvc.serve import page_responses
from feedsvc.serve.pieces import PIECE, in_pieces
from tests.serve.sample import uuid_of
from tests.serve.test_fast_path import GET, serving, talking

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LONG = bytes(range(256)) * (4 * PIECE // 256) + b"end"


@pytest.mark.parametrize("more", [False, True])
async def test_a_long_body_is_sent_in_pieces_and_others_go_between(more: bool) -> None:  # noqa: FBT001
    sent: list[Any] = []
    others = 0

    async def count() -> None:
        nonlocal others
        while True:
            await asyncio.sleep(0)
            others += 1

    async def send(message: Any) -> None:
        sent.append((message, others))

    counting = asyncio.create_task(count())
    await in_pieces(send)({"type": "http.response.body", "body": LONG, "more_body": more})
    counting.cancel()
    assert b"".join(message["body"] for message, _ in sent) == LONG
    assert [message["more_body"] for message, _ in sent] == [True] * 4 + [more]
    assert max(len(message["body"]) for message, _ in sent) <= PIECE
    assert len({others for _, others in sent}) >= len(sent) - 1


@pytest.mark.parametrize(
    "message",
    [
        {"type": "http.response.start", "status": 200, "headers": []},
        {"type": "http.response.body", "body": b"short", "more_body": True},
        {"type": "http.response.body"},
        {"type": "http.response.body", "body": b""},
    ],
)
async def test_everything_else_is_passed_on_as_it_is(message: Any) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await in_pieces(send)(message)
    assert sent == [message]
    assert sent[0] is message


@pytest.mark.parametrize("path", ["/", "/feeds/", "/search", "/search?q=金融", "/category/Science"])
async def test_pages_of_lists_are_rendered_in_the_threads_that_read(
    site: Any, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    rendered_in = []

    def noted(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def run(value: Any) -> Any:
            rendered_in.append(threading.current_thread().name)
            return function(value)

        return run

    for name in ("direction", "parsed"):  # what templates call for languages and dates
        monkeypatch.setattr(page_responses, name, noted(getattr(page_responses, name)))
    answer = await site.get(path)
    assert answer.status_code == 200
    assert answer.text.rstrip().endswith("</html>")
    assert all(name.startswith("feedsvc-page") for name in rendered_in)
    assert rendered_in or path == "/search"


async def test_a_short_page_is_whole_too(site: Any) -> None:
    assert (await site.get(f"/articles/{uuid_of(1)}")).text.rstrip().endswith("</html>")
    assert (await site.get("/category/nothing")).status_code == 404


async def test_while_a_long_feed_is_sent_another_connection_is_answered(tmp_path: Path) -> None:
    body = b"<feed>" + LONG * 8 + b"</feed>"
    (tmp_path / "all.atom").write_bytes(body)
    (tmp_path / "small.atom").write_bytes(b"<feed/>")
    async with serving(tmp_path) as (port, connections), talking(port) as slow, talking(port) as other:
        slow.writer.write(GET + b"\r\n")
        await slow.reader.readexactly(1)
        assert (await other.ask(GET.replace(b"all", b"small") + b"\r\n"))[::2] == (200, b"<feed/>")
        for connection in [*connections]:
            connection.shutdown()
        rest = await slow.reader.read()
        assert rest.endswith(body)
