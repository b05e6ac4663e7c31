"""Normalise again from the kept bytes, with today's rules.

What would the archive hold if it were read today?

    captures, newest first | digest | reconcile | compare | commit as revisions of our own

The sources are not asked. An article is judged by the newest bytes that it was found in; what older readings said of it
is history and stays. Bytes that nothing could be made of when they came may give articles now.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from feedsvc.errors import ConfigError
from feedsvc.ingest import BATCH_DOCUMENTS, digest, stopped
from feedsvc.model import Batch, Source
from feedsvc.reconcile import better_evidence, reconcile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from feedsvc.model import Digested, RawDocument, Verdict
    from feedsvc.ports import Clock, Executor, ReplayStore

_KEPT = 1000  # changes that a report lists
WHY = "replay: today's rules read the same bytes otherwise"
# a word, or a character of a script that parts no words
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0eff\U00020000-\U0003ffff]|[^\W\u3040-\u30ff\u3400-\u9fff\u0e00-\u0eff]+"
)
_PICTURE = re.compile(r'<img\b[^>]*?\ssrc="([^"]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One article that today's rules would make otherwise: field -> (as it is, as it would be)."""

    source: str
    locator: str
    uuid: str  # "" for an article that is not in the archive yet
    title: str
    fields: Mapping[str, tuple[str, str]]


@dataclass(slots=True, kw_only=True)
class Balance:
    """What the articles that change would have more of, and what less."""

    gained: int = 0
    gaining: int = 0  # articles that would have more
    lost: int = 0
    losing: int = 0  # articles that would lack some of it

    def weigh(self, before: Iterable[str], after: Iterable[str]) -> None:
        """Count what one article has `before` and `after`, whatever the order."""
        old, new = Counter(before), Counter(after)
        gained, lost = (new - old).total(), (old - new).total()
        self.gained += gained
        self.gaining += bool(gained)
        self.lost += lost
        self.losing += bool(lost)


@dataclass(slots=True, kw_only=True)
class ReplayReport:
    """What a replay found; grows while it goes on."""

    captures: int = 0
    articles: int = 0  # judged, each once
    changed: int = 0
    added: int = 0
    failed: int = 0  # captures that still give nothing
    applied: bool = False
    fields: dict[str, int] = field(default_factory=dict)  # field -> articles in which it would change
    # what of: "words" of texts, "pictures", "enclosures", "categories", "dates" of publication; those that stay alike are not in it
    balances: dict[str, Balance] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)  # the first 1,000


def replay(
    source: Source,
    store: ReplayStore,
    executor: Executor,
    clock: Clock,
    *,
    apply: bool = False,
    announce: bool = False,
    report: ReplayReport | None = None,
    progress: Callable[[ReplayReport], None] | None = None,
) -> ReplayReport:
    """Compare the articles of `source` with what its captures give today; write revisions when `apply`.

    They are marked as ours. Subscribers see no new date unless `announce`. `report` is continued when it is given.

    Raises:
        ArchiveError: the archive cannot be read or written; batches that were written stay.
        ConfigError: a capture needs a library that is not installed; batches that were written stay.
    """
    found = report or ReplayReport(applied=apply)
    judged: set[int] = set()
    added: set[str] = set()
    for chunk in _chunks(store.readings(source.name)):
        documents = tuple(executor.map(partial(digest, source=source), chunk, partial(stopped, source=source)))
        _refuse_missing_library(documents)
        verdicts = _judge(source, documents, store, judged, added)
        changes = store.differences([v for v in verdicts if v.known])
        _tell(found, documents, verdicts, changes)
        chosen = [v for v in verdicts if v.known is None or changes.get(v.known.id)]
        if apply and chosen:
            store.commit(_batch(source, chosen, clock, announce=announce))
        if progress:
            progress(found)
    return found


def _refuse_missing_library(documents: Sequence[Digested]) -> None:
    """Raise ConfigError where a capture gives nothing for want of a library: its article would be judged by older bytes."""
    for document in documents:
        for failure in document.failures:
            if failure.kind == "missing-library":
                raise ConfigError(f"{failure.source}: {failure.locator}: {failure.reason}")


def _chunks(readings: Iterator[RawDocument]) -> Iterator[list[RawDocument]]:
    while chunk := list(islice(readings, BATCH_DOCUMENTS)):
        yield chunk


def _judge(
    source: Source, documents: Sequence[Digested], store: ReplayStore, judged: set[int], added: set[str]
) -> list[Verdict]:
    """Return one verdict for each article that was not judged by newer bytes, with the date that it keeps.

    Documents are reconciled one by one: two readings of one document hold the same articles, not repeated ones.
    """
    found = []
    for document in documents:
        known = store.known(source.name, document.articles, frozenset()) if document.articles else ()
        for verdict in reconcile(document.articles, known):
            if verdict.known is None:
                name = repr(verdict.native)
                if name not in added:
                    added.add(name)
                    found.append(verdict)
            elif verdict.known.id not in judged:
                judged.add(verdict.known.id)
                found.append(_dated(verdict))
    return found


def _dated(verdict: Verdict) -> Verdict:
    """Return `verdict` with the date that today's rules read, unless only the machine's clock has moved since."""
    known, article = verdict.known, verdict.article
    if known is None:
        return verdict
    return replace(verdict, article=better_evidence(article, known), what="revised", why=WHY)


def _tell(
    report: ReplayReport,
    documents: Sequence[Digested],
    verdicts: Sequence[Verdict],
    changes: Mapping[int, Mapping[str, tuple[str, str]]],
) -> None:
    report.captures += len(documents)
    report.failed += sum(bool(document.failures) for document in documents)
    report.articles += len(verdicts)
    for verdict in verdicts:
        fields = changes.get(verdict.known.id, {}) if verdict.known else {}
        if verdict.known is None:
            report.added += 1
        elif not fields:
            continue
        report.changed += bool(fields)
        report.fields.update({name: report.fields.get(name, 0) + 1 for name in fields})
        _weigh(report, fields)
        if len(report.changes) < _KEPT:
            report.changes.append(
                Change(
                    source=verdict.article.source,
                    locator=verdict.article.locator,
                    uuid=verdict.known.uuid if verdict.known else "",
                    title=verdict.article.title,
                    fields=fields,
                )
            )


def _weigh(report: ReplayReport, fields: Mapping[str, tuple[str, str]]) -> None:
    """Count what one changed article would gain and lose; `fields` as in `Change`."""
    for what, (name, parts) in _WEIGHED.items():
        if name in fields:
            before, after = map(parts, fields[name])
            balance = report.balances.get(what, Balance())
            balance.weigh(before, after)
            if balance.gained or balance.lost:
                report.balances[what] = balance


def _enclosures(written: str) -> list[str]:
    return [str(each["url"]) for each in json.loads(written or "[]")]


# what is counted -> the field that holds it, and how it is taken apart
_WEIGHED: Mapping[str, tuple[str, Callable[[str], list[str]]]] = {
    "words": ("text", _WORD.findall),
    "pictures": ("content", _PICTURE.findall),
    "enclosures": ("enclosures", _enclosures),
    "categories": ("categories", lambda paths: paths.split(", ") if paths else []),
    "dates": ("published", str.split),
}


def _batch(source: Source, verdicts: Sequence[Verdict], clock: Clock, *, announce: bool) -> Batch:
    return Batch(source=source, at=clock.now(), verdicts=tuple(verdicts), origin="replay", announce=announce)
