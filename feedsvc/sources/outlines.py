"""What a list holds, before it is archived: parsed where strangers' documents are parsed, under limits of time and memory."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from feedsvc.errors import DocumentError, ExecutorError

if TYPE_CHECKING:
    from collections.abc import Callable

    from feedsvc.model import Parsed, RawDocument, Source
    from feedsvc.ports import Executor

R = TypeVar("R")


async def outline(executor: Executor, raw: RawDocument, source: Source) -> Parsed | None:
    """Return the entries of `raw`; None when it cannot be understood, which its digesting will say again and report."""
    try:
        return await in_worker(executor, partial(_entries, source=source), raw)
    except (DocumentError, ExecutorError):
        return None


async def in_worker(executor: Executor, work: Callable[[RawDocument], R], raw: RawDocument) -> R:
    """Return `work(raw)`, done where documents are digested; the event loop stays free.

    Raises:
        DocumentError, ExecutorError: `work` could not understand `raw`, or was stopped.
    """
    return await asyncio.to_thread(lambda: next(iter(executor.map(work, [raw]))))


def _entries(raw: RawDocument, source: Source) -> Parsed:
    from feedsvc.parsers import entries  # noqa: PLC0415 - of a worker

    return entries(raw, source)
