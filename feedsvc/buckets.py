"""Put published files into a bucket of an S3-compatible store, each with the headers that browsers and caches need.

    put(path, body, headers) -> one object, whole or not at all

The library obstore (16 MB) sends the requests. It is an extra of the package (`feedsvc[s3]`), since publishing to a folder
does not need it. Credentials come from the configuration or from the environment variables that AWS's own tools use, and
never appear in a message.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from feedsvc.errors import PublishError, missing_library

if TYPE_CHECKING:
    from collections.abc import Mapping

    from feedsvc.config import PublishConfig

SCHEME: Final = "s3://"
_ATTEMPTS: Final = 2  # of one put, beside the first
_PATIENCE: Final = timedelta(seconds=15)  # for all attempts of one put
_LONGEST: Final = 200  # characters of what the store said
_SAID = re.compile(r"<(Code|Message)>([^<]*)<")


class Bucket:
    """The objects below an address such as "s3://bucket/prefix".

    Raises:
        PublishError: obstore is not installed, or does not understand the settings.
    """

    def __init__(self, settings: PublishConfig) -> None:
        try:
            import obstore  # noqa: PLC0415 - an extra, and only needed by who has a bucket
            from obstore.exceptions import BaseError  # noqa: PLC0415
            from obstore.store import S3Store  # noqa: PLC0415
        except ImportError as error:
            raise PublishError(f"publish.to: {missing_library('obstore', 's3')}") from error
        bucket, _, prefix = settings.to.removeprefix(SCHEME).partition("/")
        self._obstore = obstore
        self._wrong = (BaseError, OSError, ValueError)  # what obstore raises, as its own errors or Python's
        self._secrets = tuple(filter(None, (settings.access_key, settings.secret_key)))
        plain = settings.endpoint.startswith("http://")
        try:
            self._store: Any = S3Store(
                bucket,
                prefix=prefix.strip("/") or None,
                client_options={"connect_timeout": "5s", "timeout": "30s", "allow_http": plain},
                retry_config={"max_retries": _ATTEMPTS, "retry_timeout": _PATIENCE},
                **_options(settings),
            )
        except self._wrong as error:
            raise PublishError(f"publish.to: {self._told(error)}") from None

    def put(self, path: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Put `body` at `path` with `headers` (names as HTTP has them), in the place of what is there.

        Raises:
            PublishError: the store did not take it.
        """
        try:
            self._obstore.put(self._store, path, body, attributes=dict(headers), use_multipart=False)
        except self._wrong as error:
            raise PublishError(self._told(error)) from None

    def withdraw(self, path: str) -> None:
        """Remove what is at `path`, if anything is.

        Raises:
            PublishError: the store did not do it.
        """
        try:
            self._obstore.delete(self._store, path)
        except FileNotFoundError:
            return
        except self._wrong as error:
            raise PublishError(self._told(error)) from None

    def _told(self, error: Exception) -> str:
        """Return what a store said, in one short line: its answers repeat the request, with the key that signed it."""
        said = str(error)
        parts = [text for _, text in _SAID.findall(said)] or [said.partition("\n")[0]]
        text = f"{type(error).__name__}: {': '.join(parts)}"
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text[:_LONGEST]


def _options(settings: PublishConfig) -> dict[str, Any]:
    """Return what is set; what is not comes from the environment (AWS_REGION, AWS_ACCESS_KEY_ID, ...)."""
    given = {
        "endpoint": settings.endpoint,
        "region": settings.region,
        "access_key_id": settings.access_key,
        "secret_access_key": settings.secret_key,
    }
    return {name: value for name, value in given.items() if value}
