"""Keeps personal data out of log lines: lines are flat, sensitive keys and free values are replaced."""

import re
from collections.abc import Mapping, MutableMapping
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from traceback import extract_tb
from types import TracebackType
from typing import Any
from uuid import UUID

SCRUBBED = "[scrubbed]"
SENSITIVE = re.compile(
    r"e?mail|passw|passphrase|secret|token|cookie|session|authorization|api_?key|body|payload|answers?$"
    r"|content|birth|address|street|house_?number|postal|phone|iban|subject_?line|query|(^|_)(plates?|form)(_|$)"
    r"|(^|_)(given|family|first|last|middle|full|user|sur|nick|display|holder|sender|recipient)_?names?$",
    re.IGNORECASE,
)
NAMES = frozenset(
    {"name", "names", "person", "citizen", "to", "recipients", "text", "message", "data", "input"}
)
MAIL_ADDRESS = re.compile(r"[^\s@<>'\"=]+@[^\s@<>'\"]+")
BEARER = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*")
LONGEST_TEXT = 300
LONGEST_LIST = 20
FRAMES = 6


def scrub(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog processor: replaces what may hold personal data; ids, numbers and short words stay."""
    for key, value in line.items():
        line[key] = SCRUBBED if is_sensitive(key) and value is not None else plain(value)
    return line


@lru_cache(maxsize=1024)
def is_sensitive(key: str) -> bool:
    return key.lower() in NAMES or SENSITIVE.search(key) is not None


def plain(value: Any) -> Any:
    """A value as it may be logged: scalars and lists of scalars; anything with an inside is replaced."""
    shown: Any
    if type(value) is str:  # most are
        return clean_text(value)
    if value is None or isinstance(value, bool | int | float):
        shown = value
    elif isinstance(value, Enum):
        shown = plain(value.value)
    elif isinstance(value, str):
        shown = clean_text(value)
    elif isinstance(value, UUID | date | Decimal | timedelta):
        shown = str(value)
    elif isinstance(value, list | tuple | set | frozenset):
        shown = [plain(part) for part in list(value)[:LONGEST_LIST]]
    elif isinstance(value, type):
        shown = value.__qualname__
    else:
        shown = SCRUBBED if isinstance(value, bytes | Mapping) else f"[{type(value).__name__}]"
    return shown


def clean_text(text: str) -> str:
    """Masks mail addresses and tokens, and cuts long texts."""
    if "@" in text:
        text = MAIL_ADDRESS.sub("[mail]", text)
    if "eyJ" in text:
        text = BEARER.sub("[token]", text)
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"


def where(traceback: TracebackType | None) -> list[str]:
    """The last frames as `file:line function`; never an exception's message, which may quote data."""
    frames = extract_tb(traceback)[-FRAMES:]
    return [f"{'/'.join(frame.filename.split('/')[-3:])}:{frame.lineno} {frame.name}" for frame in frames]


def failure(exc: BaseException) -> dict[str, Any]:
    """An exception for a log line: its type, its causes' types and the places, without the messages."""
    kinds, seen = [type(exc).__name__], exc
    while (cause := seen.__cause__ or seen.__context__) is not None and len(kinds) < 5:
        kinds.append(type(cause).__name__)
        seen = cause
    return {"error": kinds, "at": where(exc.__traceback__)}
