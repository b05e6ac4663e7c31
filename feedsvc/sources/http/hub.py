"""Tells a WebSub hub that a feed changed (WebSub §6; hubs agree on `hub.mode=publish`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

SECONDS: Final = 5.0  # for each of connecting, sending and waiting for the answer


class HubClient:
    """A connection to one hub; to be used in a `with` statement, by one thread."""

    def __init__(self, hub: str, user_agent: str) -> None:
        import httpx  # noqa: PLC0415 - heavy, and only who has a hub needs it

        self._hub = hub
        self._failed: type[Exception] = httpx.HTTPError
        self._client: Any = httpx.Client(
            timeout=SECONDS, trust_env=False, follow_redirects=False, headers={"User-Agent": user_agent}
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def ping(self, topic: str) -> str:
        """Say that the feed at the address `topic` changed; return "" when the hub took it, else what went wrong.

        The body of the answer is not read: the status says all, and a hub is not to be trusted with our memory.
        """
        form = {
            "hub.mode": "publish",
            "hub.url": topic,
            "hub.topic": topic,
        }  # old hubs ask for `url`, new ones for `topic`
        try:
            with self._client.stream("POST", self._hub, data=form) as answer:
                return "" if answer.is_success else f"the hub answered {answer.status_code}"
        except self._failed as error:
            return f"the hub cannot be reached: {error or type(error).__name__}"
