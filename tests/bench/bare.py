"""`python -m tests.bench.bare PORT CARDS`: the start page's template from bare Starlette."""

import json
import sys
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from deploy.local.ports import HOST
from gateway.assets.serving import Assets
from gateway.pages.start import _card
from gateway.rendering import Renderer
from gateway.views.frame import Frame
from gateway.views.services import StartPage


def application(services: list[dict[str, Any]]) -> Starlette:
    """One route; the view model is made for each request, as the gateway does."""
    renderer = Renderer(Assets().url)

    async def start(request: Request) -> Response:
        view = StartPage(cards=tuple(map(_card, services)), query=request.query_params.get("q"))
        frame = Frame(language="de", path=request.url.path, csrf="", year=2026, person=None)
        return HTMLResponse(renderer.page(view, frame))

    return Starlette(routes=[Route("/", start)])


if __name__ == "__main__":
    app = application(json.loads(Path(sys.argv[2]).read_text()))
    uvicorn.run(app, host=HOST, port=int(sys.argv[1]), loop="uvloop", http="httptools", access_log=False,
                log_level="warning")  # fmt: skip
