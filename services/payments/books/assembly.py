"""Puts the books' part of payments together from the settings."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter

from services.payments.books.exporting import EXPORT, Exporting
from services.payments.books.exports_api import exports_router
from services.payments.books.layout import Layout
from services.payments.books.reconciliation_api import reconciliation_router
from services.payments.books.reconciling import RECONCILE, Reconciling
from services.payments.books.treasury_api import treasury_router
from shared.log import Unit
from shared.service import Runtime
from shared.tasks import Tasks


@dataclass(frozen=True, slots=True)
class Books:
    """The parts that tasks and HTTP work with."""

    runtime: Runtime
    exporting: Exporting
    reconciling: Reconciling
    providers: Collection[str]

    def register(self, tasks: Tasks) -> None:
        """What commands and the clock set off."""
        tasks.on(EXPORT)(self._export)
        tasks.recur(RECONCILE, self.reconciling.watch)

    def routers(self) -> list[APIRouter]:
        return [
            treasury_router(self.runtime),
            exports_router(self.runtime, self.exporting),
            reconciliation_router(self.runtime, self.reconciling, self.providers),
        ]

    async def _export(self, payload: Any, unit: Unit) -> None:
        await self.exporting.export(payload, self.runtime.unit)


def books_of(runtime: Runtime, providers: Collection[str]) -> Books:
    """Around the service's own log; `providers` by name are those set up."""
    settings = runtime.settings
    zone = ZoneInfo(settings.city_time_zone)
    layout = Layout(
        settings.export_client, list(settings.export_columns.items()), settings.export_encoding,
        settings.export_accounts, zone,
    )  # fmt: skip
    exporting = Exporting(runtime.pool, layout, settings.export_entries)
    return Books(runtime, exporting, Reconciling(runtime.pool, zone), providers)
