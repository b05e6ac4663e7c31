"""Pictures as inline SVG, made on the server: colours come from the stylesheet, so that they follow light and dark. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

_HEIGHT = 64  # units of the viewBox, as all below
_STEP = 12
_GAP = 2
_SLOTS = 24  # a chart of few bars stays narrow bars
_SHADES = 4


class Bar(NamedTuple):
    """One bar of a bar chart."""

    label: str
    number: int


def bars(found: Sequence[Bar], title: str) -> Markup:
    """Return a bar chart of `found` from left to right, each bar with its number as a tooltip."""
    most = max((bar.number for bar in found), default=0) or 1
    width = max(len(found), _SLOTS) * _STEP
    drawn = Markup("").join(_bar(place, bar, most) for place, bar in enumerate(found))
    ends = (
        Markup("<figcaption><span>{}</span><span>{}</span></figcaption>").format(found[0].label, found[-1].label)
        if found
        else ""
    )
    return Markup(
        '<figure class="bars"><svg viewBox="0 0 {} {}" role="img" aria-label="{}" preserveAspectRatio="none">{}</svg>{}</figure>'
    ).format(width, _HEIGHT, title, drawn, ends)


def heat_map(days: Mapping[date, int], weeks: Sequence[Sequence[date]], title: str) -> Markup:
    """Return a calendar of `weeks` (seven days each, in order), each day darker the more `days` has for it."""
    most = max(days.values(), default=0) or 1
    drawn = Markup("").join(
        Markup('<rect class="heat{}" x="{}" y="{}" width="{}" height="{}" rx="2"><title>{}: {}</title></rect>').format(
            _shade(days.get(day, 0), most),
            column * _STEP,
            row * _STEP,
            _STEP - _GAP,
            _STEP - _GAP,
            day.isoformat(),
            days.get(day, 0),
        )
        for column, week in enumerate(weeks)
        for row, day in enumerate(week)
    )
    return Markup('<figure class="heat"><svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg></figure>').format(
        len(weeks) * _STEP, 7 * _STEP, title, drawn
    )


def _bar(place: int, bar: Bar, most: int) -> Markup:
    height = max(round(bar.number / most * (_HEIGHT - 2), 1), 1) if bar.number else 0
    return Markup('<rect x="{}" y="{}" width="{}" height="{}"><title>{}: {}</title></rect>').format(
        place * _STEP, round(_HEIGHT - height, 1), _STEP - _GAP, height, bar.label, bar.number
    )


def _shade(number: int, most: int) -> int:
    """Return 0 for nothing, else 1 to 4 on a scale of square roots: one very full day must not pale all others."""
    return min(_SHADES, 1 + int((number / most) ** 0.5 * (_SHADES - 0.01))) if number else 0
