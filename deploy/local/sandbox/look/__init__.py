"""How every payer's page of a sandbox looks, and what its answers allow a browser to do. It has no script."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

_HERE = Path(__file__).parent


class Look:
    """Renders the templates of one sandbox, which extend `frame.html`."""

    def __init__(self, templates: Path) -> None:
        self._templates = Environment(
            loader=FileSystemLoader([templates, _HERE / "templates"]), autoescape=True
        )
        self._templates.filters.update(euro=_euro, moment=_moment)

    def static(self) -> Mount:
        return Mount("/static", StaticFiles(directory=_HERE / "static"))

    def page(
        self, name: str, data: Mapping[str, Any], *, status: int = 200, goes_to: Iterable[str] = ()
    ) -> Response:
        """`goes_to` are addresses the page's form may lead to."""
        # Browsers apply form-action to where a form's answer redirects, so the shop's origins belong in it.
        origins = " ".join(sorted({_origin(url) for url in goes_to} - {""}))
        policy = (
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
            f"form-action 'self' {origins}"
        )
        headers = {
            "Content-Security-Policy": policy.strip(),
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        html = self._templates.get_template(name).render(data)
        return Response(html, status, media_type="text/html; charset=utf-8", headers=headers)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _euro(cents: int) -> str:
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole:,}".replace(",", ".") + f",{rest:02d} €"


def _moment(seconds: float | None) -> str:
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%d.%m.%Y %H:%M:%S UTC")
