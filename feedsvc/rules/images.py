"""Pictures: which are real, and which one stands for the article.

Pure. A random picture that a machine drew for want of one says nothing, and is another at each run: it is no image,
never makes a revision, and its going is noted. To name another placeholder: one word in `_PLACEHOLDERS`.
"""

from __future__ import annotations

import dataclasses
import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from feedsvc.rules.addresses import is_web, picture_source, unwrapped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from feedsvc.model import Enclosure, Source
    from feedsvc.rules.case import Case, Findings, ImageElement


def _suffixes(*hosts: str) -> tuple[str, ...]:
    """Give what `.host` ends with where the host is one of `hosts`, or below it."""
    return tuple(f".{name}" for name in hosts)


_MIN_WIDTH, _MIN_HEIGHT = 120, 80  # pixels of a lead image, where the document says them
_ICON = 48  # pixels; what is smaller illustrates nothing
_MAX_ASPECT = 6  # a longer strip is a rule or a banner
_PLACEHOLDERS = _suffixes(
    "picsum.photos", "via.placeholder.com", "placehold.it", "placehold.co", "placeholder.com", "dummyimage.com", "placekitten.com",
    "loremflickr.com", "lorempixel.com", "placeimg.com", "fakeimg.pl",
    "source.unsplash.com", "unsplash.it", "placebear.com", "fillmurray.com",
)  # fmt: skip
_NO_PICTURE = re.compile(
    r"/404\.(?:gif|png|jpe?g|webp)\Z|/(?:undefined|null|none|nan)\Z|(?:^|[/_-])no-?(?:image|img|pic|photo)s?[._-]"
    r"|(?:^|[/_-])default[-_]?(?:cover|thumb(?:nail)?|img|image)\.",
    re.IGNORECASE,
)
_DEAD = ("application/x-shockwave-flash", "application/futuresplash")  # nothing plays them any more
_DECORATION = re.compile(
    r"(?:^|[/_.-])(?:g?r?avatars?|emojis?|emoticons?|smil(?:ey|ie)s?|icons?|favicon|logos?|qr-?codes?|erweima|spinner|loading|badges?"
    r"|buttons?|face|1x1|spacer|blank|pixel|captcha|counter|share|separator|divider|transparent)(?=[/_.-]|\d|\Z)",
    re.IGNORECASE,
)
_DECORATING_HOSTS = _suffixes(
    "gravatar.com",
    "shields.io",
    "badgen.net",
    "badge.fury.io",
    "travis-ci.org",
    "s.w.org",
    "codecov.io",
)
# machines that write letters to be read by people: another picture for the same page at each visit
_CAPTCHA = re.compile(r"captcha|verify-?code|checkcode|securimage|spamcheck|authimg|vcode", re.IGNORECASE)
_CAPTCHA_MARKS = ("captcha", "code", "securimage", "spamcheck", "authimg")  # one of them is in all of these


def lead_image(case: Case, findings: Findings) -> Findings:
    """Sort the real pictures from the rest, and choose the one that stands for the article."""
    hosts = placeholder_hosts(case.source)
    real = tuple(
        picture
        for picture in findings.pictures
        if not (is_small(picture.width, picture.height) or is_placeholder(picture.url, hosts))
    )
    said = case.draft.image.strip()
    own = picture_source(said, findings.base_url) if said else ""
    stands = bool(own) and is_web(own) and not is_placeholder(own, hosts) and not is_decoration(own)
    image = own if stands else _first_large(real)
    if said and unwrapped(said) != said:
        findings = findings.noting("images.proxy", "image", said, image)
    elif said and not stands:
        findings = findings.noting("images.placeholder" if is_web(own) else "images.address", "image", said, image)
    enclosures, players = _enclosures(case, findings)
    return findings._replace(
        image=image,
        images=tuple(picture.url for picture in real),
        enclosures=enclosures,
        players=players,
    )


def placeholder_hosts(source: Source) -> tuple[str, ...]:
    """Give the hosts of placeholders that everybody and `source` has, with a dot before each."""
    return (*_PLACEHOLDERS, *_suffixes(*source.rules.placeholder_hosts))


def is_placeholder(url: str, hosts: tuple[str, ...] = _PLACEHOLDERS) -> bool:
    """Say whether the picture stands for a picture that there is not; `hosts` with a dot before each."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return True
    if f".{parts.hostname or ''}".endswith(hosts):
        return True
    return bool(_NO_PICTURE.search(parts.path[-200:]))


@lru_cache(maxsize=256)  # an article asks twice about its pictures
def is_decoration(url: str) -> bool:
    """Say whether the picture belongs to the page and not to the article: an avatar, an icon, a badge."""
    path = urlsplit(url).path
    return is_portrait(url) or bool(_DECORATION.search(path[-300:])) or path[-4:].lower() == ".svg"


def is_portrait(url: str) -> bool:
    """Say whether it comes from a host that has nothing but avatars, emoji and badges."""
    return f".{urlsplit(url).hostname or ''}".endswith(_DECORATING_HOSTS)


def is_captcha(url: str) -> bool:
    """Say whether the picture shows letters for people to read."""
    lower = url.lower()
    if url.isascii() and not any(mark in lower for mark in _CAPTCHA_MARKS):
        return False
    return bool(_CAPTCHA.search(url))


def is_small(width: int | None, height: int | None) -> bool:
    """Say whether it is an icon, a letter, a mark: drawn small, and often another one at each visit."""
    return min(width or _ICON, height or _ICON) < _ICON


def _first_large(pictures: Iterable[ImageElement]) -> str:
    return next((picture.url for picture in pictures if _is_large(picture) and not is_decoration(picture.url)), "")


def _is_large(picture: ImageElement) -> bool:
    width, height = picture.width, picture.height
    if (width and width < _MIN_WIDTH) or (height and height < _MIN_HEIGHT):
        return False
    return not (width and height) or max(width / height, height / width) <= _MAX_ASPECT


def _enclosures(case: Case, findings: Findings) -> tuple[tuple[Enclosure, ...], tuple[str, ...]]:
    """Put the files that the document announces before those that its content plays, each once; players that are dead apart."""
    announced = (
        dataclasses.replace(enclosure, url=picture_source(enclosure.url, findings.base_url))
        for enclosure in case.draft.enclosures
    )
    files: dict[str, Enclosure] = {}
    for enclosure in (*announced, *findings.enclosures):
        if is_web(enclosure.url):
            files.setdefault(enclosure.url, enclosure)
    dead = tuple(url for url, enclosure in files.items() if enclosure.media_type.lower().startswith(_DEAD))
    return tuple(enclosure for url, enclosure in files.items() if url not in dead), dead
