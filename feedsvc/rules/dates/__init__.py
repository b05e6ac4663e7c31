"""When an article was published: the strongest evidence that is a date at all, and where it was found.

    draft.published -> draft.updated (feeds) -> the body (`date_evidence`) -> path or address (`date_path`) -> none

Pure. "Invalid Date", blank, before 1985 or more than two days after the fetch is no date: the next evidence is tried, and none
is invented. What was mended is noted: `dates.body`, `dates.path`, `dates.updated`, `dates.crawl-clock`, `dates.zone`,
`dates.unreadable`. To add a kind of evidence: its line in `feedsvc.model.catalog.EVIDENCE`, where its rank
and its words are; then `evidence.FINDERS` for the body, one line of `_candidates` for the rest.
"""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta
from typing import TYPE_CHECKING

from feedsvc.model import catalog
from feedsvc.model.catalog import EVIDENCE
from feedsvc.rules.dates import parse
from feedsvc.rules.dates.calendar_words import zone_of
from feedsvc.rules.dates.date_lines import date_line
from feedsvc.rules.dates.date_path import path_readings, same_house
from feedsvc.rules.dates.evidence import BodyEvidence, Clue, body_clues
from feedsvc.rules.dates.relative import read_relative

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, tzinfo

    from feedsvc.rules.case import Case, Findings

EARLIEST_YEAR = 1985  # nothing was published on the web before; 1970 and year 1 are a machine's zero
FUTURE = timedelta(days=2)  # wrong clocks and zones; more is a plan or a mistake
_CRAWL_CLOCK = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_HOME_OF_SCRIPT = {"zh": "Asia/Shanghai", "ja": "Asia/Tokyo", "ko": "Asia/Seoul"}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A moment that passed, and what it was read from."""

    moment: datetime  # UTC
    source: str  # Article.published_from
    raw: str
    zone_guessed: bool = False
    clue: Clue | None = None


def publication_date(case: Case, findings: Findings) -> Findings:
    """Find `published`, `published_from`, `published_raw` and `modified`; mark the line that only shows the date as dropped."""
    evidence = BodyEvidence(case=case, findings=findings)
    body = _from_body(evidence)
    stated = _stated(case)
    chosen = _chosen(case, stated, body, html=findings.body_kind == "html")
    findings = findings._replace(
        modified=_modified(case), dropped=findings.dropped | _date_line(body), lines=evidence.lines_read
    )
    if chosen:
        findings = findings._replace(published=chosen.moment, published_from=chosen.source, published_raw=chosen.raw)
    return _noted(case, findings, stated, chosen)


# ---------------------------------------------------------------- what is found


def _stated(case: Case) -> Dated | None:
    """Return what the document states outright."""
    return _read(case, case.draft.published, catalog.form(case.draft.form).evidence)


def _modified(case: Case) -> datetime | None:
    updated = _read(case, case.draft.updated, "")
    return updated.moment if updated else None


def _read(case: Case, text: str, source: str) -> Dated | None:
    reading = parse.read(text)
    return _dated(case, reading, source, text.strip()) if reading else None


def _from_body(evidence: BodyEvidence) -> Dated | None:
    if evidence.findings.tree is None:
        return None
    return next(filter(None, (_from_clue(evidence, clue) for clue in body_clues(evidence))), None)


def _from_clue(evidence: BodyEvidence, clue: Clue) -> Dated | None:
    case, home = evidence.case, _body_home(evidence)
    if clue.reading:
        guessed = home is not None and not clue.reading.zone
        dated = _dated(case, clue.reading, clue.source, clue.text, home)
        return dataclasses.replace(dated, zone_guessed=guessed, clue=clue) if dated else None
    moment = read_relative(clue.text, case.draft.fetched_at, home or zone_of(case.source.timezone))
    return Dated(moment=moment, source=clue.source, raw=clue.text, clue=clue) if moment else None


def _body_home(evidence: BodyEvidence) -> tzinfo | None:
    """Return the zone of the body's script where the source names no zone of its own: pages in Chinese show Chinese time."""
    if evidence.case.source.timezone != "UTC":
        return None
    key = _HOME_OF_SCRIPT.get(evidence.script)
    return zone_of(key) if key else None


def _from_path(case: Case) -> Iterator[Dated]:
    """Yield the dates of the path: Jekyll's own, then those of the article's address and of the document's."""
    draft = case.draft
    if catalog.form(draft.form).is_feed:  # the locator is the feed's; a link to another house has that article's date
        paths = [draft.link] if same_house(draft.link, draft.locator) else []
    else:
        paths = [draft.path_date, draft.link, draft.locator]
    for path in paths:
        for raw, reading in path_readings(path):
            dated = _dated(case, reading, "path", raw)
            if dated and raw[:8] not in draft.title:  # a file name made from a title is no evidence of its own
                yield dated


def _dated(case: Case, reading: parse.ParsedDate, source: str, raw: str, home: tzinfo | None = None) -> Dated | None:
    """Return the moment of `reading`, unless it is absurd for something that was fetched when the draft was."""
    moment = reading.moment(home or zone_of(case.source.timezone))
    if moment.year < EARLIEST_YEAR or moment > case.draft.fetched_at + FUTURE:
        return None
    return Dated(moment=moment, source=source, raw=raw)


# ---------------------------------------------------------------- what is chosen


def _chosen(case: Case, stated: Dated | None, body: Dated | None, *, html: bool) -> Dated | None:
    crawled = stated is not None and html and _is_crawl_clock(case, body, stated)
    return next(_candidates(case, None if crawled else stated, body), None)


def _candidates(case: Case, stated: Dated | None, body: Dated | None) -> Iterator[Dated]:
    updated = _read(case, case.draft.updated, "feed:updated") if catalog.form(case.draft.form).is_feed else None
    yield from filter(None, (stated, updated, body))
    yield from _from_path(case)


def _is_crawl_clock(case: Case, body: Dated | None, stated: Dated) -> bool:
    """Whether front matter holds the clock of a crawler: its form, no zone.

    In a post that a program re-laid out of a feed it stands where the feed gave no date that the program could read, and is
    written anew at every run. In other posts a body that shows an earlier date gives it away; the two are compared as wall
    clocks, so that a guess at the zone decides nothing.
    """
    if case.draft.form != "front-matter" or not _CRAWL_CLOCK.fullmatch(stated.raw):
        return False
    if case.draft.machine_made:
        return True
    if body is None or not EVIDENCE[body.source].marked:
        return False
    reading, clock = (body.clue.reading if body.clue else None), parse.read(stated.raw)
    return bool(
        reading and clock and reading.wall < clock.wall and (reading.timed or reading.wall.date() < clock.wall.date())
    )


# ---------------------------------------------------------------- what is noted, what goes


def _noted(case: Case, findings: Findings, stated: Dated | None, chosen: Dated | None) -> Findings:
    before = case.draft.published
    if chosen is None:
        rule = "dates.crawl-clock" if stated else "dates.unreadable"
        return findings.noting(rule, "published", before, "") if before.strip() else findings
    after = chosen.moment.isoformat()
    if chosen is not stated:
        findings = findings.noting(_rule(chosen, stated), "published", before, after)
    if chosen.zone_guessed:
        findings = findings.noting("dates.zone", "published", chosen.raw, after)
    return findings


def _rule(chosen: Dated, stated: Dated | None) -> str:
    if stated:
        return "dates.crawl-clock"
    return EVIDENCE[chosen.source].repair


def _date_line(body: Dated | None) -> frozenset[int]:
    """Return the node of the line that shows the date and nothing of the article.

    Whichever evidence won: the text of an article must not depend on its front matter.
    """
    clue = body.clue if body else None
    line = date_line(clue) if clue and EVIDENCE[clue.source].marked else None
    return frozenset({line.mem_id}) if line is not None else frozenset()
