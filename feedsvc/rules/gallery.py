"""The pictures that a document announces beside its text stand in the content, each once, with what is said of them.

Pure. A single one of which nothing is said stays the picture of the article (`images.lead_image`), and what the text shows
or says already is not shown or said again. To know another parameter that only says how large a picture is: one word in `_SIZES`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from feedsvc.model import Figure
from feedsvc.rules.addresses import is_web, picture_source
from feedsvc.rules.html.lazy_images import is_tracker
from feedsvc.rules.html.writer import quoted
from feedsvc.rules.images import is_decoration, is_placeholder, is_portrait, is_small, placeholder_hosts
from feedsvc.rules.sanitising import followed_by
from feedsvc.rules.text import letters, plain

if TYPE_CHECKING:
    from feedsvc.rules.case import Case, Findings

_SIZES = frozenset(
    "w h width height size sz s q quality auto fit crop resize zoom dpr scale strip ssl sig signature format fm".split()  # noqa: SIM905 - a list
)
_SCALED = re.compile(r"-(?:\d{2,4}x\d{3,4}|\d{3,4}x\d{2,4}|scaled)(?=\.[a-z]{3,4}\Z)", re.IGNORECASE)  # WordPress
_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|heic|bmp|tiff?)\Z", re.IGNORECASE)
_NAMED = re.compile(r"[-_.\d]")
_PHOTON = re.compile(r"i[0-3]\.wp\.com\Z")  # a proxy whose path is the address of the picture


class _Shown(NamedTuple):
    """One picture: where it is, and what is said of it, plain."""

    url: str
    description: str
    title: str
    width: int


def show_figures(case: Case, findings: Findings) -> Findings:
    """Put the announced pictures that the content does not show behind it."""
    draft = case.draft
    if not draft.figures and (not draft.image or findings.title or findings.text or findings.pictures):
        return findings
    figures, left_out = _announced(case, findings)
    for url in left_out:
        if url != draft.image:  # of which `lead_image` says so
            findings = findings.noting("images.placeholder", "images", url, "")
    there = {same_picture(picture.url) for picture in findings.pictures}
    findings = _with_words(findings, figures)
    said = _characters(f"{findings.title}\n{findings.text}\n{plain(draft.summary)}")
    missing = [figure for name, figure in figures.items() if name not in there]
    if _is_the_image(missing, case, findings, said):
        return findings
    return followed_by(findings, "".join(_markup(figure, said) for figure in missing)) if missing else findings


def _announced(case: Case, findings: Findings) -> tuple[dict[str, _Shown], list[str]]:
    """Return the pictures by what they are, the largest form of each, and the addresses of those that are none."""
    found: dict[str, _Shown] = {}
    left_out: list[str] = []
    hosts = placeholder_hosts(case.source)
    for figure in case.draft.figures or (Figure(url=case.draft.image),):
        shown = _shown(figure, findings.base_url)
        if not is_web(shown.url):
            continue
        if _is_none(shown, figure, hosts):
            left_out.append(shown.url)
            continue
        name = same_picture(shown.url)
        found[name] = _merged(found[name], shown) if name in found else shown
    return found, left_out


def _shown(figure: Figure, base: str) -> _Shown:
    url = picture_source(figure.url, base)
    description, title = plain(figure.alt), plain(figure.title)
    if is_web(url) and _is_file_name(title, urlsplit(url).path.rpartition("/")[2]):
        title = ""
    return _Shown(url, description, title if title != description else "", figure.width or 0)


def _is_file_name(title: str, file: str) -> bool:
    """Say whether a title is no word but the name of the picture's file, as WordPress gives it: "IMG_2034", "boat-3.jpg"."""
    if " " in title or not _NAMED.search(title):
        return False
    return bool(_FILE.search(title)) or letters(file).startswith(letters(title))


def _is_none(shown: _Shown, figure: Figure, hosts: tuple[str, ...]) -> bool:
    """Say whether it stands for a picture that there is not, counts readers, or belongs to the page or a person."""
    if is_placeholder(shown.url, hosts) or is_portrait(shown.url) or is_small(figure.width, figure.height):
        return True
    return is_tracker(shown.url, {}) or (is_decoration(shown.url) and not shown.description)


def _merged(one: _Shown, other: _Shown) -> _Shown:
    larger = max(one, other, key=lambda form: (form.width, -len(urlsplit(form.url).query)))
    return larger._replace(description=one.description or other.description, title=one.title or other.title)


def same_picture(url: str) -> str:
    """Return what all sizes of a picture have in common: its address without scheme and what says how large it is."""
    parts = urlsplit(url)
    host, path = (parts.hostname or "").removeprefix("www."), parts.path
    if _PHOTON.match(host):
        host, _, path = path.lstrip("/").partition("/")
        host, path = host.removeprefix("www."), f"/{path}"
    asked = sorted(
        (name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in _SIZES
    )
    return f"{host}{_SCALED.sub('', path)}?{asked}"


def _with_words(findings: Findings, figures: dict[str, _Shown]) -> Findings:
    """Return `findings` with what is said of pictures that the content shows without a word for those who do not see them."""
    content = findings.content
    for picture in findings.pictures:
        figure = figures.get(same_picture(picture.url))
        if figure and figure.description and not picture.alt:
            mute = f'<img src="{quoted(picture.url)}" alt=""'
            content = content.replace(mute, f'{mute[:-1]}{quoted(figure.description)}"', 1)
    return findings if content == findings.content else findings._replace(content=content)


def _is_the_image(missing: list[_Shown], case: Case, findings: Findings, said: str) -> bool:
    """Say whether all that is missing is the picture that stands for the article, and nothing is said of it that is not known."""
    if len(missing) != 1 or _untold(missing[0], said):
        return False
    if not (findings.title or findings.text or findings.pictures):
        return False
    image = picture_source(case.draft.image, findings.base_url)
    return is_web(image) and same_picture(image) == same_picture(missing[0].url)


def _untold(figure: _Shown, said: str) -> list[str]:
    return [words for words in (figure.title, figure.description) if words and _characters(words) not in said]


def _characters(text: str) -> str:
    return "".join(text.split()).casefold()


def _markup(figure: _Shown, said: str) -> str:
    alt = quoted(figure.description or figure.title)
    caption = "<br>".join(map(quoted, _untold(figure, said)))
    written = f"<figcaption>{caption}</figcaption>" if caption else ""
    return f'<figure><img src="{quoted(figure.url)}" alt="{alt}">{written}</figure>'
