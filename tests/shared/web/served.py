"""An app to run as a process of its own: `python -m tests.shared.web.served`; logs its port and steps."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import APIRouter, FastAPI, Request

from shared.observe.logs import configure_logging
from shared.web.app import create_app
from shared.web.serve import serve

router = APIRouter()


@router.get("/slow")
async def slow(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "finished"


@router.get("/client")
async def client(request: Request) -> str:
    return request.client.host if request.client else ""


@router.post("/echo")
async def echo(request: Request) -> int:
    return len(await request.body())


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    if "broken" in sys.argv:
        raise RuntimeError("canary@example.org")
    yield
    structlog.get_logger("served").info("closed")


if __name__ == "__main__":
    configure_logging("served")
    serve(
        lambda: create_app("served", "1", [router], lifespan=lifespan),
        "127.0.0.1",
        int(sys.argv[1]),
        drain_seconds=0.6,
        stop_within=2,
        trusted_proxies=[argument for argument in sys.argv[2:] if "/" in argument],
    )
