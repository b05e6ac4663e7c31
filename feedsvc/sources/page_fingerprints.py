"""The fingerprint of an article's page: what was said of it when it was fetched, and how that went. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from feedsvc.model import Draft

_TAG = re.compile(r"<[^<>]{0,2000}>")
PART = "part"  # the fingerprint of a document of a feed's past
TRIES = 5  # of a page, one in each run, before what the list says has to do until that changes


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFingerprint:
    """What is remembered of a page."""

    said: str = ""  # digest of what the list said
    fetched: bool = False
    tries: int = 0  # that failed since what was said

    @classmethod
    def parse(cls, fingerprint: str) -> PageFingerprint:
        """Return what `fingerprint` says; one that we did not write says nothing."""
        try:
            fields = json.loads(fingerprint or "{}")
            return cls(said=str(fields["said"]), fetched=bool(fields["fetched"]), tries=int(fields["tries"]))
        except (ValueError, KeyError, TypeError):
            return cls()

    def dump(self) -> str:
        """Return the fingerprint."""
        return json.dumps(asdict(self))

    def is_done(self, said: str) -> bool:
        """Whether there is nothing to fetch while the list says what it `said`."""
        return self.said == said and (self.fetched or self.tries >= TRIES)

    def after(self, said: str, *, fetched: bool, again: bool) -> PageFingerprint:
        """Return what to remember of a visit; one that failed and need not be tried `again` counts as all tries."""
        before = self.tries if self.said == said else 0
        tries = 0 if fetched else before + 1 if again else TRIES
        return replace(self, said=said, fetched=fetched, tries=tries)


def beside(known: Mapping[str, str]) -> set[str]:
    """Return the locators in `known` (locator -> fingerprint) that a list led to: they are there as long as the source is."""
    return {locator for locator, mark in known.items() if mark == PART or PageFingerprint.parse(mark).said}


def is_passed(pages: Collection[str], known: Mapping[str, str]) -> bool:
    """Whether a list of `pages` (locators) shows none that it ever led to, and did lead to some: its window slid past them."""
    visited = [locator for locator, mark in known.items() if PageFingerprint.parse(mark).said]
    if not (pages and visited) or not known.keys().isdisjoint(pages):
        return False
    from feedsvc.rules.link_key import link_key  # noqa: PLC0415 - brings the rules; hardly a list comes so far

    return {link_key(page) for page in pages}.isdisjoint(map(link_key, visited))  # the site may have moved


def digest_said(drafts: Sequence[Draft]) -> str:
    """Return a digest of what a list says of a page that a reader would notice; dates of feeds are noise, those of sitemaps are not."""
    return hashlib.sha256("\x1e".join(map(_said, drafts)).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _said(draft: Draft) -> str:
    changed = draft.updated if draft.form == "html" else ""
    texts = (draft.native_id, draft.title, draft.body, draft.summary)
    return "\x1f".join((draft.link, changed, *("".join(_TAG.sub("", text).split()) for text in texts)))
