"""How long after its due time an entry is published, while other hosts are dead or slow.

    python benchmarks/delay.py [--sources 500] [--seconds 75] [--new 1] [--only NAME ...]

The real daemon follows feeds on as many loopback addresses. By default each has a new entry whenever it is asked: 6.7 new
entries a second, which is 580,000 a day, and far more than 500 sources have. `--seconds 250 --new 3` is nearer to life: two
polls a second, as with 500 sources that are asked every four minutes, of which every third has something new. The due
times of the sources are spread evenly over the time; an entry's delay is from there to the moment at which the feed of
its source has its name with it, a commit and an emission later. Five settings: all is well; one host takes no connection; one
host answers in 59 s, a few bytes at a time; the network refuses everything, and it swallows everything: of the last two, 50
directories are measured, each with a new post.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from feedserver import Feeds

from feedsvc.app import Service, find_config, read_config
from feedsvc.pace import State
from feedsvc.schedule import next_due

if TYPE_CHECKING:
    from collections.abc import Iterator

SLOW_SECONDS = 59.0
ITEMS = 10
DIRECTORIES = 50
START_SECONDS = 20.0  # until the daemon is certainly up, on a busy machine too
CONFIG = """
[service]
title = "benchmark"

[serve]
port = {serve}

[fetch]
allow_networks = ["127.0.0.0/8"]
"""
FEED = """
[[source]]
name = "{name}"
kind = "feed"
url = "http://{host}:{port}/{number}.xml"
categories = ["topic {topic}"]
every = "6h"
"""
FOLDER = """
[[source]]
name = "{name}"
kind = "directory"
path = "{path}"
every = "6h"
"""
POST = "---\ntitle: Post {number}\ndate: 2026-03-01 08:00:00\n---\n\nThe ferry of {number} runs again.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is wrong with the world."""

    name: str
    bad: str = ""  # the address of one host more, which is in the way: "dead" or "slow"
    network: str = ""  # what becomes of all feeds instead: "refused" or "dead"


SETTINGS = (
    Setting(name="all is well"),
    Setting(name="one dead host", bad="dead"),
    Setting(name="one answer in 59 s", bad="slow"),
    Setting(name="network refuses", network="refused"),
    Setting(name="network swallows", network="dead"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where what is; every 127.x.y.z answers there."""

    well: int
    slow: int
    dead: int
    refused: int


class Places:
    """The servers: one that answers in a process of its own, and a socket that takes no connection."""

    def __init__(self, new: int) -> None:
        self._told = multiprocessing.get_context("fork").Queue()
        self._child = multiprocessing.get_context("fork").Process(target=_serve, args=(self._told, new), daemon=True)
        self._child.start()
        well, slow = self._told.get(timeout=10)
        self._dead = socket.create_server(("0.0.0.0", 0), backlog=0)  # noqa: S104 - every 127.x.y.z is a host
        dead = self._dead.getsockname()[1]
        self._fillers = list(_filled(dead))
        with socket.create_server(("127.0.0.1", 0)) as free:
            refused = free.getsockname()[1]
        self.ports = Ports(well=well, slow=slow, dead=dead, refused=refused)

    def close(self) -> None:
        """End them."""
        self._child.terminate()
        self._child.join()
        for each in (self._dead, *self._fillers):
            each.close()


def _filled(port: int) -> Iterator[socket.socket]:
    """Take the places in the queue of a socket that accepts nobody, until one does not come in."""
    for _ in range(8):
        filler = socket.socket()
        filler.settimeout(0.5)
        yield filler
        try:
            filler.connect(("127.0.0.1", port))
        except TimeoutError:
            return
    raise RuntimeError("the socket that is to take no connection takes them")


def _serve(told: multiprocessing.Queue[tuple[int, int]], new: int) -> None:
    with suppress(KeyboardInterrupt):
        asyncio.run(_answering(told, new))


async def _answering(told: multiprocessing.Queue[tuple[int, int]], new: int) -> None:
    asked: dict[int, int] = {}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float = 0.0) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            number = int(head.split(" ")[1].strip("/").partition(".")[0])
            asked[number] = asked.get(number, 0) + 1
            more = asked[number] if number % new == 0 else 0
            body = Feeds(items=ITEMS + more, generation=_NONE).body(number + 1)
            writer.write(
                f"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            )
            for place in range(10):
                await asyncio.sleep(seconds / 10)
                writer.write(body[place:] if place == 9 else body[place : place + 1])
                await writer.drain()
        writer.close()

    async def slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer(reader, writer, SLOW_SECONDS)

    servers = [await asyncio.start_server(each, "0.0.0.0", 0, backlog=1024) for each in (answer, slowly)]  # noqa: S104 - as above
    told.put((servers[0].sockets[0].getsockname()[1], servers[1].sockets[0].getsockname()[1]))
    await asyncio.gather(*(server.serve_forever() for server in servers))


class _Never:
    """A generation that does not change: the number of items does."""

    value = 0


_NONE = _Never()


class Bench:
    """An archive in which every source was read once, to be copied for each setting."""

    def __init__(self, folder: Path, sources: int, new: int, ports: Ports) -> None:
        self.folder = folder
        self.new = new  # one feed in so many has a new entry when it is asked
        self.sources = sources
        self.ports = ports

    def prepare(self) -> None:
        """Read everything once, while all is well: the host that will be slow is not asked yet."""
        for number in range(DIRECTORIES):
            self._post(self.folder, number, 0)
        self.write_config(self.folder, Setting(name=""))
        done = subprocess.run(
            [sys.executable, "-m", "feedsvc", "--config", str(self.folder / "config.toml"), "ingest", "--all"],
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])

    def write_config(self, folder: Path, setting: Setting) -> None:
        """Write the config of `setting` to `folder`."""
        port = {"": self.ports.well, "refused": self.ports.refused, "dead": self.ports.dead}[setting.network]
        text = CONFIG.format(serve=_free_port())
        for number in range(self.sources):
            host = f"127.1.{number // 250}.{number % 250 + 1}"
            text += FEED.format(name=f"feed-{number}", host=host, port=port, number=number, topic=number % 20)
        if setting.bad:
            bad = {"dead": self.ports.dead, "slow": self.ports.slow}[setting.bad]
            text += FEED.format(name="bad", host="127.9.9.9", port=bad, number=99_999, topic=0)
        for number in range(DIRECTORIES):
            text += FOLDER.format(name=f"posts-{number}", path=folder / f"posts-{number}")
        (folder / "config.toml").write_text(text, encoding="utf-8")

    def measure(self, setting: Setting, seconds: float) -> tuple[list[float], float, float]:
        """Return the delays of the others in seconds (infinite: never), that of the bad host, and the CPU time of the daemon."""
        folder = self.folder.with_name(f"{self.folder.name}-now")
        shutil.copytree(self.folder, folder)
        try:
            self.write_config(folder, setting)
            for number in range(DIRECTORIES if setting.network else 0):
                self._post(folder, number, 1)
            watched = (
                [f"posts-{n}" for n in range(DIRECTORIES)]
                if setting.network
                else [f"feed-{n}" for n in range(0, self.sources, self.new)]
            )
            due = self._due_times(folder, watched, seconds)
            before = os.times()
            self._run(folder, max(due.values()) + 5)
            after = os.times()
            cpu = after.children_user + after.children_system - before.children_user - before.children_system
            delays = {name: _delay(folder, name, at) for name, at in due.items()}
            return [delays[name] for name in watched], delays.get("bad", 0.0), cpu
        finally:
            shutil.rmtree(folder)

    def _run(self, folder: Path, until: float) -> None:
        """Let the daemon run until that time (seconds since 1970)."""
        log = folder / "log"  # no pipe: one that nobody reads is full some day, and who writes to it stands still
        with log.open("wb") as stderr:
            daemon = subprocess.Popen(
                [sys.executable, "-m", "feedsvc", "--config", str(folder / "config.toml"), "run"], stderr=stderr
            )
            with suppress(subprocess.TimeoutExpired):
                daemon.wait(max(0.0, until - time.time()))
            if alive := daemon.poll() is None:
                daemon.send_signal(signal.SIGTERM)
        if daemon.wait(60) or not alive:
            raise RuntimeError(f"the daemon ended with {daemon.returncode}: {log.read_text(encoding='utf-8')[-2000:]}")

    def _due_times(self, folder: Path, watched: list[str], seconds: float) -> dict[str, float]:
        """Spread the due times of all sources; return those that are watched, and that of the bad host, as seconds since 1970."""
        service = Service(read_config(find_config(str(folder / "config.toml"))), "benchmark", planner=next_due)
        begin = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=START_SECONDS)
        names = [source.name for source in service.config.sources]
        states = service.owner.call(lambda archive: archive.operations.states())
        places = {
            name: place / len(each)
            for each in (watched, [n for n in names if n not in watched])
            for place, name in enumerate(each)
        }
        places["bad"] = 0.0
        planned = [
            replace(states.get(name) or State(source=name), due=begin + timedelta(seconds=int(places[name] * seconds)))
            for name in names
        ]
        service.owner.call(lambda archive: archive.operations.plan(planned))
        service.close_now()
        wanted = {*watched, "bad"}
        return {state.source: state.due.timestamp() for state in planned if state.source in wanted and state.due}

    def _post(self, folder: Path, number: int, which: int) -> None:
        path = folder / f"posts-{number}" / f"{which}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(POST.format(number=f"{number}-{which}"), encoding="utf-8")
        os.utime(path, (time.time() - 60, time.time() - 60))


def _delay(folder: Path, name: str, due: float) -> float:
    try:
        # not its date, which is that of its bytes: they wait for the disk before the file has its name
        delay = (folder / "archive" / "feeds" / "source" / f"{name}.atom").stat().st_ctime - due
    except FileNotFoundError:
        return float("inf")
    return delay if delay >= 0 else float("inf")  # written before, and not since


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def row(setting: Setting, delays: list[float], bad: float, cpu: float) -> str:
    """Return one line of the table."""
    ordered = sorted(delays)
    p50, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.99))
    what = "directories" if setting.network else "feeds"
    return f"{setting.name:20}{len(delays):5} {what:12}{p50:8.2f}{p99:8.2f}{ordered[-1]:8.2f}{bad:10.1f}{cpu:8.1f}"


def main() -> None:
    """Measure each setting, and print the table."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--sources", type=int, default=500)
    arguments.add_argument("--seconds", type=float, default=75.0, help="over which the due times are spread")
    arguments.add_argument("--new", type=int, default=1, help="one feed in so many has a new entry")
    arguments.add_argument("--only", nargs="*", default=[], help="settings by name")
    chosen = arguments.parse_args()
    os.environ.pop("FEEDSVC_CONFIG", None)
    places = Places(chosen.new)
    with tempfile.TemporaryDirectory(prefix="feedsvc-delay-") as folder:
        bench = Bench(Path(folder) / "home", chosen.sources, chosen.new, places.ports)
        bench.folder.mkdir()
        bench.prepare()
        print(f"{'':38}{'p50 s':>8}{'p99 s':>8}{'max s':>8}{'bad one':>10}{'CPU s':>8}")
        for setting in SETTINGS:
            if not chosen.only or setting.name in chosen.only:
                print(row(setting, *bench.measure(setting, chosen.seconds)), flush=True)
    places.close()


if __name__ == "__main__":
    main()
