"""Log lines as JSON on standard output; libraries that use `logging` go the same way."""

import json
import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog
from opentelemetry import trace
from structlog.typing import Processor

from shared.observe.scrubbing import failure, scrub

Line = MutableMapping[str, Any]
QUIET = {"httpx": "WARNING", "httpcore": "WARNING", "asyncio": "WARNING", "aio_pika": "WARNING"}
QUIET |= {"aiormq": "WARNING", "uvicorn.access": "CRITICAL"}
ADOPTED = ("uvicorn", "uvicorn.error", "uvicorn.access", "faststream", "faststream.access")


def configure_logging(service: str, level: str = "info", stream: TextIO | None = None) -> None:
    """Once per process, before anything logs. `level` as in `logging`; `stream` defaults to stdout.

    A line has timestamp (UTC), level, event, service, logger, and where known request_id, correlation,
    trace_id. Say ids and counts in key words; whatever else arrives is scrubbed.
    """
    chain = shared_chain(service)
    structlog.configure(
        processors=[*chain, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stdout)
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
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"))
