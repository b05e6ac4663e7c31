"""`feedsvc replay`: normalise again from the kept bytes, with today's rules."""

from __future__ import annotations

import difflib
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from feedsvc.app.upkeep import replay_now
from feedsvc.commands.output import as_lines, counter, json_text
from feedsvc.commands.setup import known_sources, service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from feedsvc.replay import Balance, Change, ReplayReport

_SHORT = 60  # characters of a value in the summary
_LINES = 40  # of the diff of one field


@click.command("replay")
@click.argument("sources", nargs=-1)
@click.option("--apply", "apply_", is_flag=True, help="Write what would change, as revisions marked as ours.")
@click.option("--announce", is_flag=True, help="With --apply: let subscribers see them as updated.")
@click.option("--diff", is_flag=True, help="Show each change whole.")
@click.option("-n", "--limit", type=click.IntRange(0), default=20, show_default=True, help="Articles shown.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
@click.pass_context
def command(
    ctx: click.Context, sources: tuple[str, ...], *, apply_: bool, announce: bool, diff: bool, limit: int, as_json: bool
) -> None:
    """Show what today's rules would make of the kept bytes of SOURCES, or of all; the sources are not asked."""
    with service(ctx) as opened:
        known_sources(opened.config, sources)
        with counter("replaying") as progress:
            tell = (lambda report: progress(report.captures)) if progress else None
            report = replay_now(opened, sources, apply=apply_, announce=announce, progress=tell)
    if as_json:
        click.echo(json_text(asdict(report)))
        return
    click.echo(as_lines(_summary(report)))
    for change in report.changes[:limit]:
        click.echo(as_lines(_change(change, whole=diff)))
    if len(report.changes) > limit:
        click.echo(f"… and {report.changed + report.added - limit} more; --limit shows more of them")


def _summary(report: ReplayReport) -> Iterator[str]:
    done = "changed" if report.applied else "would change"
    yield (
        f"{report.captures} captures, {report.articles} articles: {report.changed} {done}, {report.added} new,"
        f" {report.failed} captures still give nothing"
    )
    for what, balance in report.balances.items():
        yield f"  {what:15} {_balance(balance)}"
    if report.fields:
        yield f"articles that {done}, by field:"
    for field, number in sorted(report.fields.items(), key=lambda each: -each[1]):
        yield f"  {field:15} {number}"
    if not report.applied and (report.changed or report.added):
        yield "nothing was written; --apply writes it"


def _balance(balance: Balance) -> str:
    """Say what is gained, then what is lost, each with the number of articles."""
    sides = (("gained", balance.gained, balance.gaining), ("lost", balance.lost, balance.losing))
    return ", ".join(f"{number} {verb} in {_articles(articles)}" for verb, number, articles in sides if number)


def _articles(number: int) -> str:
    return f"{number} article" if number == 1 else f"{number} articles"


def _change(change: Change, *, whole: bool) -> Iterator[str]:
    yield f"{change.source}:{change.locator}  {change.title}" + ("" if change.uuid else "  (new)")
    for field, (old, new) in change.fields.items():
        if not whole or max(len(old), len(new)) <= _SHORT:
            yield f"  {field}: {old[:_SHORT]!r} -> {new[:_SHORT]!r}"
            continue
        lines = difflib.unified_diff(old.splitlines(), new.splitlines(), field, field, lineterm="", n=1)
        yield from (f"  {line}" for _, line in zip(range(_LINES), lines, strict=False))
