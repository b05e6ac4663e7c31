"""A page and what led to it, as one document: two WARC 1.1 records (ISO 28500); pure.

What a feed, a list or a sitemap says of an article stands in the first record, the article's own page in the second. So the
two are captured together, and a replay has both. A page of a feed's past is bundled too, with the feed that it belongs to.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from feedsvc.errors import DocumentError
from feedsvc.model import Draft, Enclosure, Figure, Person, Repair

if TYPE_CHECKING:
    from feedsvc.model import RawDocument

MEDIA_TYPE = "application/warc"
_HEAD = re.compile(
    rb"WARC/1\.1\r\n(?:WARC-(?:Type|Date|Record-ID): [^\r\n]{1,300}\r\n){3}WARC-Target-URI: (?P<url>[^\r\n]{0,9000})\r\n"
    rb"Content-Type: (?P<type>[^\r\n]{0,300})\r\nContent-Length: (?P<length>\d{1,10})\r\n\r\n"
)
_END = b"\r\n\r\n"
_LONGEST_ADDRESS = 2048  # characters
_TEXTS = frozenset(each.name for each in fields(Draft) if each.type == "str")
_FLAGS = frozenset(each.name for each in fields(Draft) if each.type == "bool")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What stood at an address."""

    url: str  # without secrets
    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What led to a page, and the page; None when there is no page, or not yet."""

    drafts: tuple[Draft, ...] = ()
    page: Page | None = None
    part_of: str = ""  # the page is a part of the feed with this locator; its articles are filed there
    without: frozenset[str] = frozenset()  # `name_of` what a newer part holds already


def name_of(draft: Draft) -> str:
    """Return what an entry is known by among the entries of one feed."""
    return draft.native_id or draft.link or draft.title


def page_of(draft: Draft, raw: RawDocument) -> str:
    """Return the address of the page that an entry of the list `raw` has for itself, "" when it has none."""
    address = draft.link.partition("#")[0]
    if not address.startswith(("http://", "https://")) or len(address) > _LONGEST_ADDRESS:
        return ""
    return "" if address in (raw.url, raw.locator) else address


def pack(bundle: Bundle, at: datetime) -> bytes:
    """Return the bytes of `bundle`, which was gathered `at` (UTC)."""
    said = {
        "drafts": [asdict(draft) for draft in bundle.drafts],
        "part_of": bundle.part_of,
        "without": sorted(bundle.without),
    }
    text = json.dumps(said, ensure_ascii=False, default=datetime.isoformat).encode("utf-8", "surrogatepass")
    records = [_record("metadata", Page(url="", media_type="application/json", body=text), at)]
    if bundle.page is not None:
        records.append(_record("resource", bundle.page, at))
    return b"".join(records)


def unpack(raw: RawDocument) -> Bundle:
    """Return the bundle that `raw` is.

    Raises:
        DocumentError: it is none.
    """
    said, *pages = _records(raw.body)
    try:
        fields_of = json.loads(said.body)
        drafts = tuple(_draft(each) for each in fields_of["drafts"])
        without = frozenset(map(str, fields_of["without"]))
        part_of = str(fields_of["part_of"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DocumentError(f"bundle: its first record is not what feedsvc writes: {error!r}") from error
    drafts = tuple(replace(draft, source=raw.source) for draft in drafts)
    return Bundle(drafts=drafts, page=pages[0] if pages else None, part_of=part_of, without=without)


def _record(kind: str, page: Page, at: datetime) -> bytes:
    head = (
        f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Date: {at:%Y-%m-%dT%H:%M:%SZ}\r\n"
        f"WARC-Record-ID: <urn:sha256:{hashlib.sha256(page.body).hexdigest()}>\r\nWARC-Target-URI: {_line(page.url)}\r\n"
        f"Content-Type: {_line(page.media_type)[:300]}\r\nContent-Length: {len(page.body)}\r\n\r\n"
    )
    return head.encode("utf-8", "replace") + page.body + _END


def _line(text: str) -> str:
    return " ".join(text.split())


def _records(body: bytes) -> list[Page]:
    found: list[Page] = []
    at = 0
    while head := _HEAD.match(body, at):
        start, end = head.end(), head.end() + int(head["length"])
        if body[end : end + len(_END)] != _END:
            raise DocumentError("bundle: cut short")
        url, media_type = (head[name].decode("utf-8", "replace") for name in ("url", "type"))
        found.append(Page(url=url, media_type=media_type, body=body[start:end]))
        at = end + len(_END)
    if not found or at != len(body):
        raise DocumentError("bundle: no records as feedsvc writes them")
    return found


def _draft(said: dict[str, Any]) -> Draft:
    """Return a draft as it was written down; what a later version has beside is passed over."""
    plain: dict[str, Any] = {name: str(said[name]) for name in _TEXTS & said.keys()}
    plain |= {name: bool(said[name]) for name in _FLAGS & said.keys()}
    kind = said.get("body_kind", "")
    return Draft(
        **plain,
        body_kind=kind if kind in ("html", "markdown", "text") else "",
        fetched_at=datetime.fromisoformat(said["fetched_at"]),
        people=tuple(Person(**person) for person in said["people"]),
        categories=tuple(tuple(map(str, path)) for path in said["categories"]),
        tags=tuple(map(str, said["tags"])),
        enclosures=tuple(Enclosure(**enclosure) for enclosure in said["enclosures"]),
        figures=tuple(Figure(**figure) for figure in said.get("figures", ())),  # captures of 0.1.0 have none
        repairs=tuple(Repair(**repair) for repair in said["repairs"]),
    )
