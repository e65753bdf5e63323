"""The start page from the gateway, beside the same template from bare Starlette under the same server.

As visitors see it, which the gateway draws once, and with a search that finds everything, drawn each time.
"""

import asyncio
import itertools
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from deploy.local.places import ROOT
from deploy.local.ports import HOST, free_port
from deploy.local.processes import Process, Supervisor, answers_http
from deploy.local.services import inherited
from gateway.catalogue import PURPOSE
from shared.web.calls import ServiceCalls
from tests.bench.measuring import Bench, Notes, Row, Side, Size
from tests.bench.portal import Portal, portal
from tests.bench.rig import Rig

CALLERS: Final = 4
SEARCH: Final = "/?q=a"
_HOMES: Final = itertools.count(1)


class Visitor:
    """One connection that is kept; the least of a client. It comes from an address of its own."""

    def __init__(self, port: int) -> None:
        number = next(_HOMES)
        self._port, self._home = port, f"127.91.{number // 250}.{number % 250 + 1}"

    async def looks(self, times: int, path: str) -> None:
        """Asks for the page so often. Raises ValueError for any answer but 200."""
        reader, writer = await asyncio.open_connection(HOST, self._port, local_addr=(self._home, 0))
        asked = f"GET {path} HTTP/1.1\r\nHost: {HOST}:{self._port}\r\nAccept-Language: de\r\n\r\n".encode()
        for _ in range(times):
            writer.write(asked)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise ValueError(head.partition(b"\r\n")[0].decode())
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
        writer.close()


async def looked(port: int, pages: int, path: str = "/") -> float:
    """Pages a second, some visitors side by side."""
    each, began = max(1, pages // CALLERS), time.perf_counter()
    await asyncio.gather(*(Visitor(port).looks(each, path) for _ in range(CALLERS)))
    return each * CALLERS / (time.perf_counter() - began)


@asynccontextmanager
async def _bare(running: Portal) -> AsyncIterator[int]:
    """The port of the bare application, which shows the same services."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder, port = Path(name), free_port()
        (folder / "services.json").write_text(json.dumps(await _services(running)))
        process = Process(
            name="bare",
            command=[sys.executable, "-m", "tests.bench.bare", str(port), str(folder / "services.json")],
            environment=inherited() | {"PYTHONPATH": str(ROOT)},
            ready=answers_http(port, "/"),
        )
        supervisor = Supervisor(folder)
        try:
            await asyncio.to_thread(supervisor.start, process, within=60)
            yield port
        finally:
            await asyncio.to_thread(supervisor.stop)


async def _services(running: Portal) -> Any:
    """What the gateway asks applications for, asked in its name."""
    stack = running.stage.stack
    secret = (stack.secrets("gateway") / "service_secret").read_text().strip()
    calls = ServiceCalls(
        "gateway", stack.url("identity"), secret, {"applications": stack.url("applications")}
    )
    answer = await calls.get("applications", "/services", purpose=PURPOSE, headers={"Accept-Language": "de"})
    await calls.aclose()
    return answer["services"]


@asynccontextmanager
async def _prepare(rig: Rig, size: Size, notes: Notes) -> AsyncIterator[Mapping[str, Side]]:
    running = await portal(rig)
    async with _bare(running) as port:
        gateway = running.stage.stack.ports["gateway"]

        async def profile(path: str) -> dict[str, float]:
            before = await running.cpu()
            await looked(gateway, size.pages, path)
            after = await running.cpu()
            spent = {name: (after[name] - before[name]) / size.pages * 1000 for name in after}
            return {name: ms for name, ms in sorted(spent.items(), key=lambda item: -item[1]) if ms > 0.01}

        yield {
            "bare": lambda: looked(port, size.pages),
            "gateway": lambda: looked(gateway, size.pages),
            "bare.search": lambda: looked(port, size.pages, SEARCH),
            "gateway.search": lambda: looked(gateway, size.pages, SEARCH),
        }
        notes.profiles["start page, processor milliseconds by process"] = await profile("/")
        notes.profiles["search, processor milliseconds by process"] = await profile(SEARCH)


ROWS: Final = (
    Row("start-page", "start page through the gateway, for visitors drawn once", "pages/s", "gateway", "bare",
        "the same template from bare Starlette", 0.8),
    Row("search", "search through the gateway, drawn each time", "pages/s", "gateway.search", "bare.search",
        "the same template from bare Starlette", 0.8),
)  # fmt: skip
BENCHES: Final = (Bench("pages", "pages", ROWS, _prepare),)
