# ruff: noqa: TRY004 - a value of the wrong type is a mistake of the user here, not of the caller
"""Converters of one TOML value each: a value of the right kind, or ValueError with what is wrong and what is wanted."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from feedsvc.grammar import problem

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from feedsvc.model import CategoryPath

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[smhdw])+")
_SIZE = re.compile(r"(\d+)\s*(B|KiB|MiB|GiB)?")
_SIZES = {None: 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_CRON = re.compile(r"\S+(?: +\S+){4}")
_MAX_CRON = 200
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/[A-Za-z0-9!_.*'()-]+)*/?")  # safe characters alone


def text(value: object) -> str:
    """Return a string without NUL, which no path, address or query can hold."""
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a string; put it in quotes")
    if "\0" in value:
        raise ValueError(f"{value!r} holds a NUL character; leave it out")
    return value


def search_words(value: object) -> str:
    """Return words to search for, of which none would be left out."""
    words = text(value)
    if words and (wrong := problem(words)):
        raise ValueError(wrong)
    return words


def boolean(value: object) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value


def integer(low: int, high: int) -> Callable[[object], int]:
    """Return a converter of whole numbers from `low` to `high`."""

    def convert(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"{value!r} is not a whole number from {low} to {high}")
        return value

    return convert


def seconds(value: object) -> float:
    """Return seconds from "10m", "1h30m" or a number of seconds; at most a year."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        found = float(min(value, 1 << 40))  # TOML's whole numbers have no end, floats do
    elif isinstance(value, str) and _DURATION.fullmatch(value):
        found = sum(float(n) * _UNITS[unit] for n, unit in re.findall(r"(\d+(?:\.\d+)?)([smhdw])", value))
    else:
        raise ValueError(f'{value!r} is not a duration; write "30s", "10m", "2h" or "1d"')
    if not 0 <= found <= 366 * 86400:
        raise ValueError(f"{value!r} is not between 0 and a year")
    return found


def days(value: object) -> float:
    """Return days from a duration ("7d") or a number of days."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return seconds(min(value, 1 << 40) * 86400) / 86400
    return seconds(value) / 86400


def size(value: object) -> int:
    """Return bytes from "16MiB" or a whole number of bytes."""
    match = _SIZE.fullmatch(str(value)) if isinstance(value, (int, str)) and not isinstance(value, bool) else None
    if not match:
        raise ValueError(f'{value!r} is not a size; write "16MiB" or a number of bytes')
    return int(match[1]) * _SIZES[match[2]]


def texts(value: object) -> tuple[str, ...]:
    """Return a tuple of strings from a list of strings, or from one string."""
    if isinstance(value, str):
        return (text(value),)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{value!r} is not a list of strings")
    return tuple(map(text, value))


def mapping(value: object) -> dict[str, str]:
    """Return a table of strings."""
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise ValueError(f"{value!r} is not a table of strings")
    return dict(value)


def path(value: object) -> CategoryPath:
    """Return a category path from "金融/每经网"; a name that holds a slash is written with U+2215."""
    parts = tuple(part.strip() for part in text(value).split("/"))
    if not all(parts) and parts != ("",):
        raise ValueError(f"{value!r} has an empty name between two slashes")
    return parts if parts != ("",) else ()


def paths(value: object) -> tuple[CategoryPath, ...]:
    """Return category paths from a list of strings."""
    return tuple(path(item) for item in texts(value))


def zone(value: object) -> str:
    """Return the name of a zone that the IANA database has."""
    try:
        ZoneInfo(text(value))
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(
            f'{value!r} is not a time zone; write an IANA name such as "Asia/Shanghai" or "UTC"'
        ) from error
    return str(value)


def web_address(value: object) -> str:
    """Return an absolute http or https address without a slash at its end."""
    if not re.fullmatch(r"https?://[^\s/]\S*", text(value)) or not _has_host(str(value)):
        raise ValueError(f'{value!r} is not an address; write "https://…"')
    return str(value).rstrip("/")


def place(value: object) -> str:
    """Return "s3://bucket/prefix", without a slash at its end, or a directory."""
    found = text(value)
    if "://" in found and not _BUCKET.fullmatch(found):
        raise ValueError(f'{value!r} is no place to publish at; write "s3://bucket/prefix", or a directory')
    return found.rstrip("/") if "://" in found else found


def _has_host(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and parts.port != 0  # asking for the port says whether it is a number
    except ValueError:
        return False


def url(value: object) -> str:
    """Return an absolute http or https URL as it stands."""
    web_address(value)
    return str(value)


def secret_url(value: object) -> str:
    """Return an absolute http or https URL, or the place of one: env:NAME or file:PATH."""
    return text(value) if str(value).startswith(("env:", "file:")) else url(value)


def table(value: object) -> dict[str, object]:
    """Return a table as it stands."""
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} is not a table")
    return value


def name(value: object) -> str:
    """Return a name that can stand in a URL and a file name."""
    if not _NAME.fullmatch(text(value)):
        raise ValueError(
            f"{value!r} is not a name; use a-z, 0-9, - and _, at most 64, beginning with a letter or digit"
        )
    return str(value)


def cron(value: object) -> str:
    """Return a crontab expression of five fields."""
    found = text(value).strip()
    if len(found) > _MAX_CRON or not _CRON.fullmatch(found):
        raise ValueError(f'{value!r} is not a crontab expression of five fields, such as "*/10 * * * *"')
    return found


def networks(value: object) -> tuple[str, ...]:
    """Return networks in CIDR form."""
    for item in texts(value):
        try:
            ipaddress.ip_network(item)
        except ValueError as error:
            raise ValueError(f'{item!r} is not a network; write "192.168.1.0/24" or "127.0.0.1/32"') from error
    return texts(value)


def host_names(value: object) -> tuple[str, ...]:
    """Return names or addresses of hosts, without scheme, port and path."""
    for item in texts(value):
        if not item or any(character in item for character in "/ @?#*") or (":" in item and not item.startswith("[")):
            raise ValueError(
                f'{item!r} is no host name; write "nas.lan" or "[fd00::1]", without http:// and without port'
            )
    return texts(value)


def one_of(choices: Collection[str]) -> Callable[[object], str]:
    """Return a converter that accepts `choices` only, which may grow later."""

    def convert(value: object) -> str:
        if value not in choices:
            raise ValueError(f"{value!r} is not one of {', '.join(choices)}")
        return str(value)

    return convert


def some_of(choices: Collection[str]) -> Callable[[object], tuple[str, ...]]:
    """Return a converter of lists that hold `choices` only, at least one, each at most once."""
    return _listed(choices, "at least one", least=1)


def any_of(choices: Collection[str]) -> Callable[[object], tuple[str, ...]]:
    """Return a converter of lists that hold `choices` only, each at most once, or nothing."""
    return _listed(choices, "any", least=0)


def _listed(choices: Collection[str], wanted: str, *, least: int) -> Callable[[object], tuple[str, ...]]:
    def convert(value: object) -> tuple[str, ...]:
        found = texts(value)
        for item in found:
            one_of(choices)(item)
        if len(found) < least or len(set(found)) < len(found):
            raise ValueError(f"{value!r} must name {wanted} of {', '.join(choices)}, each once")
        return found

    return convert
