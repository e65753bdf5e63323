"""Lists that come in pages: the address says behind what one begins (`?nach=`)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from gateway.visit import Visit


def page_asked(visit: Visit, rows: int) -> dict[str, str]:
    """What to ask a service for: the page that the address names, of at most so many rows."""
    after = visit.request.query_params.get("nach")
    return {"limit": str(rows), **({"after": after} if after else {})}


def next_url(visit: Visit, here: str, found: Mapping[str, Any]) -> str:
    """Where the next page of the list at `here` is; empty behind the last."""
    behind = found.get("next")
    return f"{visit.url(here)}?nach={quote(behind)}" if behind else ""
