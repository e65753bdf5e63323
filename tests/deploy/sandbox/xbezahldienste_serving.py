"""An XBezahldienste sandbox on a free port."""

import contextlib
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx

from deploy.local.sandbox.xbezahldienste.app import create_app
from deploy.local.sandbox.xbezahldienste.settings import Settings
from tests.serving import serving

ORIGINATOR, END_POINT, CLIENT_ID, CLIENT_SECRET = "05358008", "lindenau-1", "lindenau", "geheim-und-lang"


class PlatformSandbox:
    """The running sandbox, by its control API."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.base = f"{url}/xbezahldienste/"
        self.http = httpx.Client(base_url=url, trust_env=False)

    def tell(self, fault: str, **more: object) -> None:
        self.http.post("/sandbox/faults", json={"fault": fault, **more}).raise_for_status()

    def reset(self) -> None:
        for path in ("/sandbox/book", "/sandbox/faults"):
            self.http.delete(path).raise_for_status()

    def decide(self, reference: str, outcome: str = "pay") -> dict[str, Any]:
        answer = self.http.post(f"/sandbox/payments/{reference}/decide", json={"outcome": outcome})
        return dict(answer.raise_for_status().json())

    def payment(self, reference: str) -> dict[str, Any]:
        return dict(self.http.get(f"/sandbox/payments/{reference}").raise_for_status().json())

    def go_to(self, day: date) -> None:
        """Its book is of that day from now on."""
        self.http.put("/sandbox/day", json={"day": day.isoformat()}).raise_for_status()

    def statement(self, first: date, last: date) -> bytes:
        said = {"from": first.isoformat(), "to": last.isoformat()}
        return self.http.get("/sandbox/statement", params=said).raise_for_status().content

    def book(self) -> dict[str, Any]:
        return dict(self.http.get("/sandbox/book").raise_for_status().json())


def settings(state: Path, **more: Any) -> Settings:
    return Settings(
        state=state,
        originator_id=ORIGINATOR,
        end_point_id=END_POINT,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        **more,
    )


@contextlib.contextmanager
def running_platform(state: Path | None = None, **more: Any) -> Iterator[PlatformSandbox]:
    with (
        tempfile.TemporaryDirectory() as own,
        serving(create_app(settings(state or Path(own), **more))) as url,
    ):
        sandbox = PlatformSandbox(url)
        try:
            yield sandbox
        finally:
            sandbox.http.close()
