"""One trace through everything, with an exporter or without."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import StatusCode

from shared.observe.tracing import configure_tracing, context_from, current_traceparent, span_from

ROOT = Path(__file__).parents[3]
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

EXPORTING = """
import sys
from shared.observe.tracing import configure_tracing, span_from
provider = configure_tracing("lamps", sys.argv[1])
with span_from(None, "light_lamp"):
    pass
provider.shutdown()
"""


class TestASpan:
    def test_continues_a_stored_traceparent(self) -> None:
        configure_tracing("test")
        with span_from(TRACE, "later"):
            current = current_traceparent()
        assert current is not None
        assert current.split("-")[1] == TRACE.split("-")[1]
        assert current.split("-")[2] != TRACE.split("-")[2]

    def test_without_one_joins_the_current(self) -> None:
        configure_tracing("test")
        with span_from(TRACE, "outer"), span_from(None, "inner"):
            assert (current_traceparent() or "").split("-")[1] == TRACE.split("-")[1]

    def test_outside_of_any_there_is_none(self) -> None:
        assert current_traceparent() is None

    @pytest.mark.parametrize(
        "odd",
        [
            *(None, "", "nonsense", "é", "00-" + "0" * 32 + "-b7ad6b7169203331-01"),
            *(f"{TRACE}-x", f"ff{TRACE[2:]}", TRACE.upper(), TRACE[:-1]),
        ],
    )
    def test_ignores_an_odd_header(self, odd: str | None) -> None:
        assert context_from(odd) is None

    @pytest.mark.parametrize(("flags", "trace"), [("00", "a" * 32), ("01", "b" * 32)])
    def test_that_nobody_takes_carries_on_what_it_was_told(self, flags: str, trace: str) -> None:
        with span_from(f"00-{trace}-b7ad6b7169203331-{flags}", "outer"), span_from(None, "inner") as span:
            current = current_traceparent() or ""
        assert (current[3:35], current[-2:], span.is_recording()) == (trace, flags, False)

    def test_that_nobody_takes_begins_a_trace_of_its_own(self) -> None:
        seen = []
        for _ in range(2):
            with span_from(None, "first"):
                seen.append(current_traceparent() or "")
        assert all(one.endswith("-01") for one in seen)
        assert len({one[3:35] for one in seen}) == 2

    def test_marks_failure_without_its_words(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(configure_tracing("test"), "taken", True)
        with pytest.raises(ValueError, match="canary"), span_from(None, "fails") as span:
            raise ValueError("canary")
        assert isinstance(span, ReadableSpan)
        assert span.status.status_code is StatusCode.ERROR
        assert (span.attributes or {})["error.type"] == "ValueError"
        assert "canary" not in span.to_json()


class TestTheExporter:
    async def test_sends_to_the_collector(self) -> None:
        received: list[bytes] = []

        async def collect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.split(b":")[1]) for line in head.lower().splitlines() if b"content-length" in line
            )
            received.append(head + await reader.readexactly(length))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(collect, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            command = [sys.executable, "-c", EXPORTING, f"http://127.0.0.1:{port}/"]
            environment = {**os.environ, "OTEL_EXPORTER_OTLP_COMPRESSION": "none"}
            run = await asyncio.to_thread(
                subprocess.run, command, cwd=ROOT, env=environment, capture_output=True, timeout=60
            )
        assert run.returncode == 0, run.stderr
        [request] = received
        assert request.startswith(b"POST /v1/traces ")
        assert b"light_lamp" in request
