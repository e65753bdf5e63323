"""Serves `static/built/` from memory: compressed where the browser takes it, cacheable for ever by name."""

import json
import mimetypes
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.assets.places import BUILT

PREFIX: Final = "/static"
_ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))
_TYPES: Final = {".woff2": "font/woff2", ".js": "text/javascript; charset=utf-8"}


class AssetsNotBuilt(Exception):
    """There is no manifest; `python -m gateway.assets` makes it."""


class Assets:
    """The built files. An ASGI app to mount at `PREFIX`, and the look-up `url(name)` for templates.

    Raises AssetsNotBuilt when the folder holds no manifest.
    """

    def __init__(self, folder: Path = BUILT) -> None:
        manifest = folder / "manifest.json"
        if not manifest.exists():
            raise AssetsNotBuilt("The web assets are not built; run: python -m gateway.assets")
        self.names: dict[str, str] = json.loads(manifest.read_text())
        self._files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        if missing := set(self.names.values()) - self._files.keys():
            raise AssetsNotBuilt(f"The web assets lack {min(missing)}; run: python -m gateway.assets")

    def url(self, name: str) -> str:
        """The address of an asset by its plain name; KeyError for one that was never built."""
        return f"{PREFIX}/{self.names[name]}"

    def weight(self, name: str) -> int:
        """Bytes over the wire of an asset by its plain name, brotli where there is any."""
        file = self.names[name]
        return len(self._files.get(f"{file}.br", self._files[file]))

    def offline_worker(self) -> bytes:
        """The warden's service worker; the gateway serves it below /aufsicht/, never cached."""
        return self._files["offline.js"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._answer(Request(scope)).__call__(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        name = request.url.path.rsplit("/", 1)[-1]
        if name not in self.names.values() or request.method not in {"GET", "HEAD"}:
            return Response(status_code=404)
        headers = {"cache-control": "public, max-age=31536000, immutable", "vary": "accept-encoding"}
        body = self._files[name]
        accepted = request.headers.get("accept-encoding", "")
        for encoding, suffix in _ENCODINGS:
            if encoding in accepted and (packed := self._files.get(name + suffix)):
                body, headers["content-encoding"] = packed, encoding
                break
        suffix = Path(name).suffix
        return Response(body, headers=headers, media_type=_TYPES.get(suffix) or mimetypes.guess_type(name)[0])
