"""What people see: progress on a terminal, reports, tables whose wide characters align."""

from __future__ import annotations

import contextlib
import json
import re
import sys
import unicodedata
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from feedsvc.app.pictures.download import DownloadReport
    from feedsvc.emit import EmitReport
    from feedsvc.model import RunReport

_OBEYED = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# The same without C0, which JSON escapes itself.
_OBEYED_IN_JSON = re.compile(r"[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LATIN = 0x100  # code points below it have two hexadecimal digits
_SHOWN = 20  # failures and skips of a report


@contextlib.contextmanager
def counter(what: str) -> Iterator[Callable[..., None] | None]:
    """Yield a progress callback that draws a bar on a terminal; None elsewhere.

    It takes a `RunReport` as it grows, or how many are done and how many there are. Sources that are read at the same time
    are added up.
    """
    if not sys.stderr.isatty():
        yield None
        return
    done: dict[str, int] = {}
    totals: dict[str, int] = {}
    with click.progressbar(length=0, label=what, show_pos=True, file=sys.stderr) as bar:

        def tell(first: RunReport | int, total: int | None = None) -> None:
            if isinstance(first, int):
                done[""], totals[""] = first, total or 0
            else:
                done[first.source] = first.read + first.failed + first.skipped
                totals[first.source] = first.seen
            # None: not known
            bar.length = sum(totals.values()) or None
            bar.update(sum(done.values()) - bar.pos)

        yield tell


def picture_lines(done: DownloadReport | None) -> list[str]:
    """Return what a round of pictures did, in a line at most."""
    if done is None or not (done.kept or done.failed or done.error):
        return []
    hint = "; `feedsvc failures pictures` says why" if done.failed else ""
    return [f"pictures: {done.kept} kept, {done.failed} not{hint}{f'; {done.error}' if done.error else ''}"]


def report_lines(reports: Sequence[RunReport], emission: EmitReport | None) -> list[str]:
    """Return what a run did: a table of the sources, then what failed and why, then the feeds."""
    if not reports:
        return ["nothing is due; `feedsvc ingest --all` reads every source"]
    names = ("seen", "read", "added", "revised", "moved", "unchanged", "skipped", "failed", "gone")
    rows = [[report.source, *(str(getattr(report, name)) for name in names)] for report in reports]
    lines = table(["source", *names], rows)
    for report in reports:
        if report.error:
            lines.append(f"{report.source}: {report.error}")
        lines += [f"  failed   {each.locator}: {each.reason}" for each in report.failures[:_SHOWN]]
        lines += [f"  skipped  {each.locator}: {each.reason}" for each in report.skips[:_SHOWN]]
        hidden = report.failed + report.skipped - min(len(report.failures), _SHOWN) - min(len(report.skips), _SHOWN)
        if hidden > 0:
            lines.append(f"  … and {hidden} more; `feedsvc failures` lists what failed")
    lines.append(emission_line(emission))
    if emission:
        lines += [f"  {problem}" for problem in emission.problems]
    return lines


def emission_line(emission: EmitReport | None) -> str:
    """Return what an emission did, in one line."""
    if emission is None:
        return "feeds: nothing changed"
    return (
        f"feeds: {emission.feeds} of {emission.total} rendered, {emission.written} documents written,"
        f" {emission.unchanged} unchanged, {emission.withdrawn} withdrawn"
    )


def visible(text: str) -> str:
    r"""Return `text` with what a terminal would obey, and not show, written as `\x1b`: names and titles are somebody else's.

    That is control characters (a line end too: it could forge a line), marks that turn the direction of the text around
    (Unicode Bidirectional Algorithm §2), and what is no character at all.
    """
    return _OBEYED.sub(_escaped, text)


def as_lines(lines: Iterable[str]) -> str:
    """Return `lines` as one text in which each of them is one line."""
    return "\n".join(map(visible, lines))


def _escaped(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number:02x}" if number < _LATIN else f"\\u{number:04x}"


def several(number: int, noun: str) -> str:
    """Return "1 source", "2 sources"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def json_text(found: object) -> str:
    """Return `found` as JSON for machines; instants as in archive.db: "2021-09-06T14:17:18Z"."""
    text = json.dumps(found, ensure_ascii=False, indent=2, default=_instant)
    return _OBEYED_IN_JSON.sub(lambda each: f"\\u{ord(each[0]):04x}", text)


def _instant(value: object) -> str:
    if not isinstance(value, datetime):
        return str(value)
    return value.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return `rows` under `head` as lines, text to the left and numbers to the right."""
    rows = [[visible(cell) for cell in row] for row in rows]
    widths = [max(width(row[column]) for row in [head, *rows]) for column in range(len(head))]
    numeric = [all(row[column].replace("-", "").isdigit() for row in rows) for column in range(len(head))]
    return [
        "  ".join(_padded(cell, widths[column], right=numeric[column]) for column, cell in enumerate(row)).rstrip()
        for row in [head, *rows]
    ]


def _padded(cell: str, wanted: int, *, right: bool) -> str:
    gap = " " * (wanted - width(cell))
    return gap + cell if right else cell + gap


def width(text: str) -> int:
    """Return the columns that `text` takes on a terminal; a CJK character takes two."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
