"""Long answers in pieces: a body of megabytes that is written at once holds the event loop while it is copied."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PIECE: Final = 256 << 10  # bytes that are written at a time; others are answered between two pieces


def in_pieces(send: Send) -> Send:
    """Return an ASGI `send` that passes on what it is given, a long body in pieces of `PIECE` bytes."""

    async def sending(message: MutableMapping[str, Any]) -> None:
        body = message.get("body", b"")
        if message["type"] != "http.response.body" or len(body) <= PIECE:
            await send(message)
            return
        view = memoryview(body)
        for begin in range(0, len(body), PIECE):
            last = begin + PIECE >= len(body)
            more = not last or message.get("more_body", False)
            await send({**message, "body": bytes(view[begin : begin + PIECE]), "more_body": more})
            await asyncio.sleep(0)

    return sending
