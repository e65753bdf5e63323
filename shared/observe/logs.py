"""Log lines as JSON on standard output; libraries that use `logging` go the same way."""

import json
import logging
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, TextIO

import msgspec
import structlog
from opentelemetry import trace
from structlog.typing import Processor

from shared.observe.scrubbing import failure, scrub

Line = MutableMapping[str, Any]
QUIET = {"httpx": "WARNING", "httpcore": "WARNING", "asyncio": "WARNING", "aio_pika": "WARNING"}
QUIET |= {"aiormq": "WARNING", "uvicorn.access": "CRITICAL"}
_json = msgspec.json.Encoder()
ADOPTED = ("uvicorn", "uvicorn.error", "uvicorn.access", "faststream", "faststream.access")


@dataclass(frozen=True, slots=True)
class LineWriter:
    """What our own lines end in: no second way through `logging`, which costs as much as all the rest."""

    name: str
    out: TextIO

    def msg(self, line: str) -> None:
        """Writes a whole line at once, whatever other threads write. What cannot be written is lost: no
        work fails for its log line."""
        with suppress(OSError, ValueError):
            self.out.write(f"{line}\n")
            self.out.flush()

    debug = info = warning = error = critical = msg


_NAMED_BY_MODULE: Final = structlog.stdlib.LoggerFactory(ignore_frame_names=[__name__])


def configure_logging(service: str, level: str = "info", stream: TextIO | None = None) -> None:
    """Once per process, before anything logs. `level` as in `logging`; `stream` defaults to stdout.

    A line has timestamp (UTC), level, event, service, logger, and where known request_id, correlation,
    trace_id. Say ids and counts in key words; whatever else arrives is scrubbed.
    """
    chain, out = shared_chain(service), stream or sys.stdout
    structlog.configure(
        processors=[*chain, scrub, render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=lambda *names: LineWriter(names[0] if names else _NAMED_BY_MODULE().name, out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[first_line_only, *chain],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, scrub, render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ADOPTED:
        adopted = logging.getLogger(name)
        adopted.handlers.clear()
        adopted.propagate = True
    for name, quiet in QUIET.items():
        logging.getLogger(name).setLevel(quiet)
    logging.captureWarnings(True)


def shared_chain(service: str) -> list[Processor]:
    """What both our lines and foreign ones pass through."""

    def add_service(_logger: Any, _method: str, line: Line) -> Line:
        line["service"] = service
        return line

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_service,
        add_trace,
        name_failure,
    ]


def add_trace(_logger: Any, _method: str, line: Line) -> Line:
    """Adds the trace id of the current span."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        line["trace_id"] = f"{context.trace_id:032x}"
    return line


def name_failure(_logger: Any, _method: str, line: Line) -> Line:
    """Replaces exc_info by type and place; a message that quotes the exception loses the quote."""
    info = line.pop("exc_info", None)
    line.pop("stack_info", None)
    if not info:
        return line
    exc = (
        info if isinstance(info, BaseException) else info[1] if isinstance(info, tuple) else sys.exc_info()[1]
    )
    if exc is None:
        return line
    if (quoted := str(exc)) and isinstance(line.get("event"), str):
        line["event"] = line["event"].replace(quoted, "…")
    line.update(failure(exc))
    return line


def first_line_only(_logger: Any, _method: str, line: Line) -> Line:
    """Foreign messages beyond their first line quote reprs (asyncio does) and are dropped."""
    line["event"] = str(line.get("event", "")).split("\n", 1)[0]
    return line


def render(_logger: Any, _method: str, line: Line) -> str:
    try:
        return _json.encode(line).decode()
    except (UnicodeEncodeError, OverflowError, TypeError):  # halves of surrogate pairs, endless integers
        return json.dumps(line, separators=(",", ":"))
