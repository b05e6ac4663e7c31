"""Template tags of static site generators in Markdown: what they hold is kept, what they only arrange is taken out.

Pure. Liquid and Nunjucks (`{% … %}`, Jekyll and Hexo), Hugo (`{{< … >}}`, `{{% … %}}`), kramdown's `{: …}`. To render
another tag: one line in `_RENDERED`. Code blocks are left alone: there a tag is what the article is about.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.MULTILINE)
_TAG = re.compile(
    r"(`[^`\n]{1,300}`)|\{%-?([^%\n]{0,1000})-?%\}|\{\{[<%]([^\n{}]{0,1000})[>%]\}\}|^[ \t]*\{:[^}\n]{0,300}\}[ \t]*$",
    re.MULTILINE,
)
_OUTPUT = re.compile(r"\{\{-? ?(?:site|page|post)\.[^{}\n]{1,200}\}\}")


def _figure(words: list[str]) -> str:
    named = dict(word.split("=", 1) for word in words if "=" in word and "://" not in word.split("=", 1)[0])
    plain = [word for word in words if "=" not in word or "://" in word]
    source = named.get("src") or named.get("link") or next((word for word in plain if "." in word or "/" in word), "")
    words_after = (word for word in plain[plain.index(source) + 1 :] if not word.isdecimal()) if source in plain else ()
    label = named.get("alt") or named.get("caption") or named.get("title") or " ".join(words_after)
    return f"![{label}](<{source}>)" if source else ""


def _video(address: str) -> Callable[[list[str]], str]:
    def render(words: list[str]) -> str:
        named = [word.split("=", 1)[1] for word in words if word.startswith(("id=", "video="))]
        video = (named or words or [""])[0]
        return f"<{address}{video}>" if re.fullmatch(r"[\w-]{3,40}", video) else ""

    return render


def _code(words: list[str]) -> str:
    language = next(
        (word.removeprefix("lang:") for word in words if re.fullmatch(r"(?:lang:)?[a-z][\w+#-]{0,20}", word)), ""
    )
    return f"\n```{language}\n"


def _end_code(_words: list[str]) -> str:
    return "\n```\n"


def _anchor(words: list[str]) -> str:
    target = next((word for word in words if word.startswith(("http://", "https://"))), "")
    label = " ".join(word for word in words if "://" not in word and "=" not in word)
    return f"[{label or target}](<{target}>)" if target else label


_RENDERED: dict[str, Callable[[list[str]], str]] = {
    "figure": _figure,
    "img": _figure,
    "image": _figure,
    "asset_img": _figure,
    "picture": _figure,
    "youtube": _video("https://www.youtube.com/watch?v="),
    "vimeo": _video("https://vimeo.com/"),
    "link": _anchor,
    "btn": _anchor,
    "button": _anchor,
    "codeblock": _code,
    "highlight": _code,
    "endcodeblock": _end_code,
    "endhighlight": _end_code,
    "/highlight": _end_code,
}


def without_tags(body: str) -> str:
    """Render or take out the template tags that stand outside of fenced code."""
    if "{%" not in body and "{{" not in body and "{:" not in body:
        return body
    pieces, position = [], 0
    while opening := _FENCE.search(body, position):
        closing = re.compile(rf"^ {{0,3}}{re.escape(opening.group(1))}+[ \t]*$", re.MULTILINE).search(
            body, opening.end()
        )
        end = closing.end() if closing else len(body)
        pieces += [_replaced(body[position : opening.start()]), body[opening.start() : end]]
        position = end
    return "".join([*pieces, _replaced(body[position:])])


def _replaced(prose: str) -> str:
    return _OUTPUT.sub("", _TAG.sub(_rendered, prose))


def _rendered(match: re.Match[str]) -> str:
    code, liquid, hugo = match.groups()
    if code:
        return str(code)
    inside = (liquid or hugo or "").strip().rstrip("/")
    try:
        words = shlex.split(inside)
    except ValueError:  # a quote that is not closed
        words = inside.split()
    render = _RENDERED.get(words[0]) if words else None
    written = render(words[1:]) if render else ""
    if match.string[match.end() : match.end() + 1] == "\n":
        written = written.removesuffix("\n")
    return written.removeprefix("\n") if match.start() == 0 or match.string[match.start() - 1] == "\n" else written
