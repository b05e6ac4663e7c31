"""Damage documents at random and digest them: nothing may raise, be a bug of ours, or take more than a second.

    python benchmarks/fuzz.py DIRECTORY... [--cases 100000] [--seed 1] [--keep FOLDER]

Each case is a file of the directories with up to four damages: flipped, cut, repeated, spliced with another file, a piece of a
dictionary put in. Files of feeds are read as feeds, the others as posts. `--keep` writes what failed there. Exits with 1 when
something did. To add a damage: one function and one line in `DAMAGES`.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bombs import POSTS, raw_document

from feedsvc.ingest import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MOST_SECONDS = 1.0  # CPU, of one document
_LONGEST = 10_000_000  # bytes
_FEEDS = {".xml", ".rss", ".atom", ".rdf", ".json"}
_SKIPPED = {".jsonl", ".toml", ".py"}
_PIECES = (
    b"---\n",
    b"\n...\n",
    b"+++\n",
    b"&",
    b"&#0;",
    b"&#xD800;",
    b"<!--",
    b"-->",
    b"<![CDATA[",
    b"]]>",
    b"<!DOCTYPE x [",
    b"<div",
    b"</",
    b"<svg><style>",
    b"<table>",
    b"<pre>",
    b"<math>",
    b"<template>",
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\x1b[31m",
    b"\r",
    b"\xc2\x85",
    "\u2028".encode(),
    "\u202e".encode(),
    "İ".encode(),
    "ﬁ".encode(),
    "²".encode(),
    "٣".encode(),
    b"date: 2021-13-45 99:99:99\n",
    b"date: Invalid Date\n",
    b"title: [",
    b"tags: &a [*a]\n",
    b"categories: [[a, b], {c: d}]\n",
    b"9999-12-31T23:59:59.999999999+99:99",
    b"0001-01-01",
    "二〇二一年十三月".encode(),
    b"[^1]",
    b"[^1]: x\n",
    b"|-|-|\n",
    b"```\n",
    b"$$",
    b"{{< x",
    b"{% raw %}",
    b"http://[::1",
    b"https://a.example:99999/",
    b"//%zz",
    b"javascript:",
    b"data:,",
    b"srcset='a 1x, b -2x'",
    b"width='1e999'",
    b"<time datetime='x'>",
    b'<script type="application/ld+json">{"@graph":[[',
    "作者：".encode(),
    "记者 ".encode(),
    b"<guid>",
    b"<link href=",
    b"<updated>",
    b"<media:content url=",
    b'{"items":[null,{}]}',
    b'"version": "https://jsonfeed.org/version/1"',
)

Chance = random.Random


@dataclass(frozen=True, slots=True)
class Seed:
    """A file as it was before it was damaged."""

    locator: str
    body: bytes


@dataclass(slots=True)
class Findings:
    """What came of the cases."""

    cases: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0  # CPU seconds
    faults: list[tuple[str, str, bytes]] = field(default_factory=list)  # what, locator, the document


def flipped(body: bytearray, chance: Chance, _: Sequence[Seed]) -> bytearray:
    for _number in range(chance.randint(1, 8)):
        if body:
            body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
    return body


def cut(body: bytearray, chance: Chance, _: Sequence[Seed]) -> bytearray:
    begin, end = span(body, chance)
    del body[begin:end]
    return body


def truncated(body: bytearray, chance: Chance, _: Sequence[Seed]) -> bytearray:
    return body[: chance.randint(0, len(body))]


def repeated(body: bytearray, chance: Chance, _: Sequence[Seed]) -> bytearray:
    begin, end = span(body, chance)
    times = chance.choice((2, 3, 50, 1_000))
    return body[:begin] + body[begin:end] * min(times, 1 + 200_000 // (end - begin + 1)) + body[end:]


def spliced(body: bytearray, chance: Chance, seeds: Sequence[Seed]) -> bytearray:
    other = bytearray(chance.choice(seeds).body)
    begin, end = span(other, chance)
    at = chance.randint(0, len(body))
    return body[:at] + other[begin:end] + body[at:]


def sprinkled(body: bytearray, chance: Chance, _: Sequence[Seed]) -> bytearray:
    for _number in range(chance.randint(1, 4)):
        at = chance.randint(0, len(body))
        body[at:at] = chance.choice(_PIECES) * chance.choice((1, 1, 1, 2, 400))
    return body


def swapped(body: bytearray, chance: Chance, _: Sequence[Seed]) -> bytearray:
    """Put one character of markup in the place of another, everywhere."""
    marks = b"<>\"'&:=-[]{}()\n #*"
    return bytearray(bytes(body).replace(bytes([chance.choice(marks)]), bytes([chance.choice(marks)])))


DAMAGES: Sequence[Callable[[bytearray, Chance, Sequence[Seed]], bytearray]] = (
    flipped,
    cut,
    truncated,
    repeated,
    spliced,
    sprinkled,
    swapped,
)


def span(body: bytearray, chance: Chance) -> tuple[int, int]:
    """Return begin and end of a piece, mostly a short one."""
    begin = chance.randint(0, len(body))
    return begin, min(len(body), begin + int(chance.expovariate(1 / 200)))


def seeds_in(directories: Sequence[Path]) -> list[Seed]:
    """Return the files below `directories` that feedsvc could be given, in the order of their paths."""
    files = sorted(path for directory in directories for path in directory.rglob("*") if path.is_file())
    found = []
    for path in files:
        if path.suffix in _SKIPPED or path.stat().st_size > 1 << 20:
            continue
        locator = f"https://f.example/{path.name}" if path.suffix in _FEEDS else f"{path.name}"
        found.append(Seed(locator if "." in locator else f"{locator}.md", path.read_bytes()))
    return found


def cases(seeds: Sequence[Seed], count: int, seed: int) -> Iterator[Seed]:
    """Yield `count` damaged documents, the same ones for the same `seed`."""
    chance = random.Random(seed)
    for _number in range(count):
        origin = chance.choice(seeds)
        body = bytearray(origin.body)
        for _damage in range(chance.randint(1, 4)):
            body = chance.choice(DAMAGES)(body, chance, seeds)
        yield Seed(origin.locator, bytes(body[:_LONGEST]))


def fuzz(seeds: Sequence[Seed], count: int, seed: int) -> Findings:
    """Digest `count` damaged documents, and say what came of them."""
    findings = Findings()
    for case in cases(seeds, count, seed):
        begun = time.process_time()
        try:
            outcome = outcome_of(case)
        except Exception as error:  # noqa: BLE001 - this is what we look for
            outcome = f"raised {type(error).__name__}: {error}"
        seconds = time.process_time() - begun
        findings.cases += 1
        findings.outcomes[outcome.partition(" ")[0]] += 1
        findings.slowest = max(findings.slowest, seconds)
        if seconds > MOST_SECONDS:
            outcome = f"slow {seconds:.1f} s"
        if outcome.startswith(("bug", "raised", "slow")):
            findings.faults.append((outcome, case.locator, case.body))
    return findings


def outcome_of(case: Seed) -> str:
    """Return what came of one document: "article", "nothing", or the class of its failure; a bug with its reason."""
    digested = digest(raw_document(case.locator, case.body), POSTS)
    for failure in digested.failures:
        if failure.kind == "bug":
            return f"bug {failure.reason} {failure.trace.strip().splitlines()[-3:-1]}"
    if digested.failures:
        return digested.failures[0].kind
    return "article" if digested.articles else "nothing"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directories", nargs="+", type=Path)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder for the documents that failed")
    options = parser.parse_args()
    seeds = seeds_in(options.directories)
    print(f"{len(seeds)} files")
    findings = fuzz(seeds, options.cases, options.seed)
    outcomes = ", ".join(f"{name} {count}" for name, count in findings.outcomes.most_common())
    print(f"{findings.cases} cases, the slowest {findings.slowest:.2f} s: {outcomes}")
    for number, (what, locator, body) in enumerate(findings.faults):
        print(f"{locator}: {what}"[:600])
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            (options.keep / f"{number}{Path(locator).suffix}").write_bytes(body)
    sys.exit(1 if findings.faults else 0)


if __name__ == "__main__":
    main()
