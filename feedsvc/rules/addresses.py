"""Addresses: made absolute, taken out of redirectors and dead proxies, refused where they are active.

Pure. To unwrap another redirector: one line in `_REDIRECTORS`.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote, urljoin, urlsplit

MAX_URL = 8_192  # characters; longer ones are data, not addresses
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*)(?::|&colon;|%3a)", re.IGNORECASE)
_LINK_SCHEMES = frozenset(("http", "https", "mailto", "tel", "ftp", "magnet", "xmpp", "irc", "gemini"))
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028\u2029\ufeff]")
_BLANKS = "\u180e\u2060\u3164"  # look like blanks and are none to `str.strip`
_UNSAFE = re.compile(r'[ "<>\\^`{|}\xa0\u3000]')  # legal in no URL, written by many
# an absolute address that is written as it should be: joining, parting and quoting give it back as it was
_WHOLE = re.compile(
    r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9._~/%=+,@:!$'()*&-]*)?"
    r"(?:\?[A-Za-z0-9._~/%=+,@:!$'()*&?-]+)?(?:#[A-Za-z0-9._~/%=+,@:!$'()*&?-]+)?"
)
_PICTURE_DATA = re.compile(r"data:image/(?:png|gif|jpe?g|webp|avif|bmp);base64,[A-Za-z0-9+/=]+\Z", re.IGNORECASE)
_MAX_PICTURE_DATA = 262_144  # characters; a larger picture inside the text is left out
_DEAD_PROXY = "cors.zfour.workers.dev/?"
# in lower case, and anywhere in the first 120 characters
_REDIRECTORS = (
    "link.zhihu.com",
    "link.juejin.cn",
    "link.csdn.net",
    "link.jianshu.com",
    "gotolink",
    "/go-wild",
    "weibo.cn/sinaurl",
    "www.google.com/url",
    "l.facebook.com/l.php",
    "jump.bdimg",
    "steamcommunity.com/linkfilter",
    "www.oschina.net/action/",
    "c.pc.qq.com/middlem.html",
    "www.douban.com/link2",
)
_TARGET = re.compile(
    r"[?&](?:url|target|to|u|link|redirect|q|dest|goto|gourl|pfurl)=(https?(?::|%3A)[^&\s]+)", re.IGNORECASE
)


def unwrapped(url: str) -> str:
    """Take the address that is meant out of a redirector or a dead proxy."""
    if _DEAD_PROXY in url:
        inner = url.split(_DEAD_PROXY, 1)[1]
        return inner if inner.startswith("http") else url
    head = url[:120].lower()
    if any(mark in head for mark in _REDIRECTORS):
        match = _TARGET.search(url[:MAX_URL])
        if match:
            inner = match.group(1)
            return unquote(inner) if "%3a" in inner[:9].lower() or "/" not in inner[8:] else inner
    return url


def is_web(url: str) -> bool:
    """Say whether it is an absolute http(s) address with a host."""
    if not url.startswith(("http://", "https://")):
        return False
    if _WHOLE.fullmatch(url):
        return True
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:
        return False


def absolute(url: str, base: str) -> str:
    """Join `url` to `base` (RFC 3986 §5.2); raises `ValueError` for what is no address."""
    return url if not base or _WHOLE.fullmatch(url) else urljoin(base, url)


def is_picture_data(url: str) -> bool:
    """Say whether it holds a small raster picture itself (RFC 2397)."""
    return len(url) <= _MAX_PICTURE_DATA and _PICTURE_DATA.match(url) is not None


def link_target(url: str, base: str) -> str:
    """Make the target of a link absolute where `base` is known; "" where it must not be followed."""
    tidy = _tidied(url)
    if not tidy or len(tidy) > MAX_URL:
        return ""
    if tidy[0] == "#":
        return tidy
    scheme = _SCHEME.match(tidy)
    if scheme and scheme.group(1).lower() not in ("http", "https"):
        return tidy if scheme.group(1).lower() in _LINK_SCHEMES and ":" in scheme.group(0) else ""
    return _web(tidy, base)


def picture_source(url: str, base: str) -> str:
    """Make the address of a picture, film or sound absolute where `base` is known; "" where it is none."""
    tidy = _tidied(url)
    if not tidy:
        return ""
    scheme = _SCHEME.match(tidy)
    if scheme and scheme.group(1).lower() not in ("http", "https"):
        return tidy if is_picture_data(tidy) else ""
    if len(tidy) > MAX_URL or tidy[0] == "#":
        return ""
    return _web(tidy, base)


def _tidied(url: str) -> str:
    """Return `url` without controls, and without the blanks of any script around it: they hide a scheme from us."""
    if url.isascii() and url.isprintable():
        return url.strip()
    return _CONTROLS.sub("", url).strip().strip(_BLANKS).strip()


def _web(url: str, base: str) -> str:
    if _WHOLE.fullmatch(url) and unwrapped(url) == url:
        return url
    if url[:2] in ("//", "\\\\", "/\\", "\\/"):
        url = "https://" + url[2:]
    try:
        parts = urlsplit(unwrapped(absolute(url, base)))
        if parts.scheme and not parts.hostname:
            return ""
    except ValueError:  # not an IPv6 address, not a port
        return ""
    address = parts.geturl()
    return _UNSAFE.sub(lambda match: quote(match.group()), address) if _UNSAFE.search(address) else address
