"""What our ASGI applications share: a refusal in plain text, and headers that are added to an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping

    from feedsvc.serve.feeds.responses import Scope, Send

Header = tuple[bytes, bytes]  # name in lower case, and value


async def refuse(scope: Scope, send: Send, status: int, body: bytes, headers: Iterable[Header] = ()) -> None:
    """Answer the request of `scope` with `status` and the text `body` (UTF-8), without the text where it is a HEAD."""
    said = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body)), *headers]
    await send({"type": "http.response.start", "status": status, "headers": said})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def adding(send: Send, *headers: Header) -> Send:
    """Return a `send` that adds those of `headers` to an answer whose names it has not."""

    async def added(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            there = {name.lower() for name, _ in message["headers"]}
            message["headers"] = [*message["headers"], *(each for each in headers if each[0] not in there)]
        await send(message)

    return added
