"""Who an article is: its keys, its IRI, and the digest of what a subscriber would notice.

Pure; the last step of `normalise`, which turns findings into the `Article`. A change to what `digest` covers makes a
revision of every article at the next replay: think twice.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from feedsvc.errors import DocumentError
from feedsvc.model import Article, Key
from feedsvc.model.catalog import form
from feedsvc.model.facts import FACTS
from feedsvc.rules.addresses import is_web
from feedsvc.rules.case import Findings
from feedsvc.rules.images import is_captcha, is_decoration
from feedsvc.rules.link_key import link_key
from feedsvc.rules.text import letters, one_line, printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from feedsvc.model import Draft
    from feedsvc.rules.case import Case

_FOUND = tuple(name for name in FACTS if name in Findings._fields)
_MAX_KEY = 2_048  # characters; a longer native id is kept as its digest
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{1,30}:[^\s]")
_NOT_IN_URI = re.compile(r'[^\x21-\x7e]|["<>\\^`{|}]|%(?![0-9A-Fa-f]{2})')  # RFC 3986 §2
_TAG = re.compile(r"tag:(?:[\w.-]+@)?[\w.-]+,\d{4}(?:-\d\d){0,2}:[^#]*(?:#[^#]*)?")  # RFC 4151 §2.1
_URN = re.compile(
    r"urn:(?!uuid:)[a-z0-9][a-z0-9-]+:.+|urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE
)
_SHAPES = {"tag": _TAG, "urn": _URN}  # schemes with a grammar of their own
_IRI_SCHEMES = frozenset(("http", "https", "urn", "tag", "doi", "info", "acct", "ni", "at", "did", "hdl", "ark"))
_DIGEST_BYTES = 16
_ORNAMENT = re.compile(
    "[\u200d\u20e3\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\ufe0e\ufe0f\U0001f000-\U0001faff]"
)  # emoji come and go


def article(case: Case, findings: Findings) -> Article:
    """Make the article; raises `DocumentError` where there is nothing in it."""
    if not findings.title:
        raise DocumentError(
            f"empty: no title, text, picture or link in {case.draft.locator!r}; correct the document, or exclude it"
        )
    characters = "".join(findings.text.split())
    draft, said = case.draft, digest(findings, characters)
    return Article(
        source=case.source.name,
        locator=draft.locator,
        keys=keys(draft, findings, said),
        iri=iri(draft.native_id) if form(draft.form).is_feed else "",
        **{**{name: getattr(findings, name) for name in _FOUND}, **dict(findings.further)},
        digest=said,
        text_digest=_digest(characters) if characters else "",
        title_key=letters(findings.title),
        repairs=(*draft.repairs, *findings.repairs),
    )


def keys(draft: Draft, findings: Findings, said: str) -> tuple[Key, ...]:
    """Name the article, strongest name first: what it calls itself, then its link or path, then what it says."""
    native = _short(draft.native_id.strip())
    guid = (Key(kind="guid", value=native),) if native else ()
    if not form(draft.form).is_feed:
        return (*guid, Key(kind="path", value=draft.locator))
    page = link_key(findings.url)
    link = (Key(kind="link", value=_short(page)),) if page else ()
    return (*guid, *link, Key(kind="digest", value=said))


def iri(native_id: str) -> str:
    """Give a source's own id where it is an absolute IRI (RFC 4287 §4.2.6), as the URI that it stands for, else "".

    What a URI cannot hold is percent-encoded (RFC 3987 §3.1): validators and some readers take no other id.
    """
    name = printable(native_id.strip())
    scheme = name.split(":", 1)[0].lower()
    if not _SCHEME.match(name) or len(name) > _MAX_KEY or scheme not in _IRI_SCHEMES:
        return ""
    if name[:4].lower() == "http" and not is_web(name[:5].lower() + name[5:]):
        return ""
    page, mark, fragment = name.partition("#")
    encoded = _NOT_IN_URI.sub(lambda match: quote(match.group()), page + mark + fragment.replace("#", "%23"))
    return encoded if scheme not in _SHAPES or _SHAPES[scheme].fullmatch(encoded) else ""


def digest(findings: Findings, characters: str) -> str:
    """Digest what a subscriber would notice: title, text, links, real pictures, people, categories.

    Dates, placeholders, white space, tracking parameters, markup and the order of attributes take no part; of the text
    only the `characters` that are no white space.
    """
    groups: tuple[Iterable[str], ...] = (
        (one_line(findings.title if findings.title.isascii() else _ORNAMENT.sub("", findings.title)),),
        (characters,),
        {link_key(link) or link for link in findings.links},
        {_picture_key(picture) for picture in findings.images} - {""},
        (f"{person.role}:{person.name}" for person in findings.people),
        ("/".join(path) for path in findings.categories),
        (link_key(url) for url in (*(each.url for each in findings.enclosures), *findings.players)),
        (link_key(findings.url),),
    )
    return _digest("\x1e".join("\x1f".join(sorted(group)) for group in groups))


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).hexdigest()


def _short(name: str) -> str:
    return name if len(name) <= _MAX_KEY else f"{name[: _MAX_KEY - 40]}#{_digest(name)}"


def _picture_key(url: str) -> str:
    """Compare pictures without their query (sizes, signatures), host (mirrors) and what is drawn anew at each visit."""
    parts = urlsplit(url)
    if is_captcha(url) or is_decoration(url):
        return ""
    return parts.path if len(parts.path) > 1 else link_key(url)
