"""Sample pages of the files of debits."""

from dataclasses import replace
from datetime import UTC, date, datetime

from gateway.views import collections
from gateway.views.frame import Page


def collection_pages() -> dict[str, Page]:
    """By the name in the address."""
    file = collections.Collection(
        url="#", number="SDD20261208", day=date(2026, 12, 8), debits=10234, cents=21491400,
        sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", state="submitted",
        tone="info", submitted_at=datetime(2026, 12, 8, 5, 16, tzinfo=UTC),
    )  # fmt: skip
    listed = (
        replace(file, number="SDD20261208-2", state="made", tone="warning", submitted_at=None, debits=1),
        file,
        replace(file, number="SDD20261207", state="taken", tone="success"),
        replace(file, number="SDD20261124", state="in_part", tone="warning", unanswered=3),
        replace(file, number="SDD20261123", state="refused", tone="danger"),
    )
    page = collections.CollectionsPage(collections=listed, next_url="#")
    return {
        "cash-collections": page,
        "cash-collections-none": collections.CollectionsPage(collections=()),
        "cash-collections-lost": collections.CollectionsPage(collections=(), message="list_place_unknown"),
        "cash-collections-nobody": collections.CollectionsPage(collections=None),
    }
