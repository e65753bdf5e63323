"""Plausible data of every kind, for one invented city and its invented people."""

import json
from pathlib import Path
from typing import Any, get_args

from services.documents.rendering import DocumentKind

KINDS: tuple[DocumentKind, ...] = get_args(DocumentKind)


def sample(kind: DocumentKind, **changes: Any) -> dict[str, Any]:
    """A fresh copy of the kind's example with some fields replaced."""
    fields: dict[str, Any] = json.loads((Path(__file__).parent / f"{kind}.json").read_text("utf-8"))
    return fields | changes
