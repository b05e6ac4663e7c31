"""Pictures as inline SVG, made on the server: colours come from the stylesheet, so that they follow light and dark. Pure.

Each says in words what it shows: an `aria-label` for those who do not see it, a caption for all, a tooltip for each mark.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

_HEIGHT = 64  # units of the viewBox, as all below
_STEP = 12
_GAP = 2
_SLOTS = 24  # a chart of few bars stays narrow bars
_SHADES = 4
_WEEK = 7


class Bar(NamedTuple):
    """One bar of a bar chart."""

    label: str
    number: int


class Spell(NamedTuple):
    """A stretch of time and how the runs in it ended."""

    label: str
    good: int
    bad: int


def bars(found: Sequence[Bar], title: str) -> Markup:
    """Return a bar chart of `found` from left to right, each bar with its number as a tooltip."""
    most = max((bar.number for bar in found), default=0) or 1
    width = max(len(found), _SLOTS) * _STEP
    drawn = _drawn(_bar(place, bar, most) for place, bar in enumerate(found))
    return Markup(
        '<figure class="bars"><svg viewBox="0 0 {} {}" role="img" aria-label="{}" preserveAspectRatio="none">{}</svg>{}</figure>'
    ).format(width, _HEIGHT, title, drawn, _ends(found[0].label, found[-1].label) if found else "")


def calendar(days: Mapping[date, int], first: date, last: date, title: str) -> Markup:
    """Return a calendar from `first` to `last`: a column for each week from Monday on, each day darker the more it has."""
    monday = first - timedelta(days=first.weekday())
    most = max(days.values(), default=0) or 1
    drawn = _drawn(
        _day(monday + timedelta(days=place), days, most, *divmod(place, _WEEK))
        for place in range((first - monday).days, (last - monday).days + 1)
    )
    weeks = (last - monday).days // _WEEK + 1
    return Markup(
        '<figure class="heat"><svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>{}</figure>'
    ).format(
        weeks * _STEP - _GAP, _WEEK * _STEP - _GAP, f"{title}: {summed(days)}", drawn, _ends(str(first), str(last))
    )


def strip(days: Mapping[date, int], first: date, last: date, title: str, most: int = 0) -> Markup:
    """Return one row of days, each darker the more it has; `most` is what the darkest stands for, over several rows."""
    count = (last - first).days + 1
    most = most or max(days.values(), default=0) or 1
    drawn = _drawn(_day(first + timedelta(days=place), days, most, place, 0) for place in range(count))
    return Markup('<svg class="strip" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        count * _STEP - _GAP, _STEP - _GAP, f"{title}: {summed(days)}", drawn
    )


def health(spells: Sequence[Spell], title: str) -> Markup:
    """Return the runs of a source over time: a column for each stretch, what failed on top of what went well."""
    most = max((spell.good + spell.bad for spell in spells), default=0) or 1
    drawn = _drawn(_spell(place, spell, most) for place, spell in enumerate(spells))
    bad, all_ = sum(spell.bad for spell in spells), sum(spell.good + spell.bad for spell in spells)
    return Markup(
        '<figure class="bars health"><svg viewBox="0 0 {} {}" role="img" aria-label="{}" preserveAspectRatio="none">{}</svg>{}</figure>'
    ).format(
        max(len(spells), _SLOTS) * _STEP,
        _HEIGHT,
        f"{title}: {bad:,} of {all_:,} runs failed",
        drawn,
        _ends(spells[0].label, spells[-1].label) if spells else "",
    )


def summed(days: Mapping[date, int]) -> str:
    """Return in words how many there are in all, and on which day the most."""
    if not any(days.values()):
        return "none"
    fullest = max(days, key=lambda day: (days[day], day))
    return f"{sum(days.values()):,} in all, the most on {fullest}: {days[fullest]:,}"


def _drawn(marks: Iterable[str]) -> Markup:
    """Return marks as one piece of SVG; each is put together of numbers and escaped words, which `format` is slow at."""
    return Markup("".join(marks))  # noqa: S704 - see above


def _ends(first: str, last: str) -> Markup:
    return Markup("<figcaption><span>{}</span><span>{}</span></figcaption>").format(first, last)


def _bar(place: int, bar: Bar, most: int) -> str:
    height = max(round(bar.number / most * (_HEIGHT - 2), 1), 1) if bar.number else 0
    return _rect("", place * _STEP, height, f"{bar.label}: {bar.number}")


def _spell(place: int, spell: Spell, most: int) -> str:
    good, bad = (round(number / most * (_HEIGHT - 2), 1) for number in (spell.good, spell.bad))
    words = f"{spell.label}: {spell.good} well, {spell.bad} failed"
    return _rect("went-well", place * _STEP, good, words) + _rect("went-wrong", place * _STEP, bad, words, above=good)


def _rect(kind: str, x: int, height: float, words: str, above: float = 0) -> str:
    y = round(_HEIGHT - height - above, 1)
    return f'<rect class="{kind}" x="{x}" y="{y}" width="{_STEP - _GAP}" height="{height}"><title>{escape(words)}</title></rect>'


def _day(day: date, days: Mapping[date, int], most: int, column: int, row: int) -> str:
    number, side = days.get(day, 0), _STEP - _GAP
    return (
        f'<rect class="heat{_shade(number, most)}" x="{column * _STEP}" y="{row * _STEP}" width="{side}" height="{side}"'
        f' rx="2"><title>{day}: {number}</title></rect>'
    )


def _shade(number: int, most: int) -> int:
    """Return 0 for nothing, else 1 to 4 on a scale of square roots: one very full day must not pale all others."""
    return min(_SHADES, 1 + int((number / most) ** 0.5 * (_SHADES - 0.01))) if number else 0
