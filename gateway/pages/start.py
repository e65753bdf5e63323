"""The start page with its search, and the page of each service."""

import asyncio
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.pages.definitions import definition_of, icon_of, usual_time_of
from gateway.views.services import ServiceCard, ServicePage, StartPage
from gateway.visit import Visit, page
from shared.web.calls import RemoteProblem, RemoteUnavailable

LONGEST_QUERY: Final = 100


@page
async def start(visit: Visit) -> Response:
    query = visit.request.query_params.get("q", "").strip()[:LONGEST_QUERY]
    services = (await visit.offered("/services"))["services"]
    found = [service for service in services if matches(service, query)] if query else services
    view = StartPage(cards=tuple(_card(service) for service in found), query=query or None)
    return visit.page(view) if query else visit.page_for_all(view)


@page
async def show_service(visit: Visit) -> Response:
    service = await definition_of(visit, visit.request.path_params["key"])
    usual, draft_url = await asyncio.gather(
        usual_time_of(visit, service["key"]), _draft_url(visit, service["key"])
    )
    view = ServicePage(
        key=service["key"],
        title=service["title"],
        summary=service["summary"],
        description=service["description"],
        icon=icon_of(service["key"]),
        instant=service["automation"] == "full",
        needs=tuple(service["needs"]),
        price=service["price"],
        duration=service["usual_duration"],
        legal_basis=_laws(service),
        office=service["office"],
        usual=usual,
        draft_url=draft_url,
    )
    return visit.page(view)


def matches(service: Mapping[str, Any], query: str) -> bool:
    """Whether every word of the query is in the service's title, summary or keywords."""
    text = _searchable(" ".join((service["title"], service["summary"], *service["keywords"])))
    return all(word in text for word in _plain(query).split())


@lru_cache(maxsize=256)
def _searchable(text: str) -> str:
    return _plain(text)


def _plain(text: str) -> str:
    """Without case, accents and the other spelling of umlauts."""
    spelt = text.casefold().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue").replace("ß", "ss")
    return "".join(mark for mark in unicodedata.normalize("NFD", spelt) if not unicodedata.combining(mark))


def _card(service: Mapping[str, Any]) -> ServiceCard:
    return ServiceCard(
        key=service["key"],
        title=service["title"],
        summary=service["summary"],
        icon=icon_of(service["key"]),
        price=service["price"],
        duration=service["usual_duration"],
        instant=service["automation"] == "full",
    )


def _laws(service: Mapping[str, Any]) -> tuple[str, ...]:
    known = (service["fee_legal_basis"], service["automation_legal_basis"])
    return tuple(law for law in known if law)


async def _draft_url(visit: Visit, key: str) -> str | None:
    """Where to go on with a draft of this service; without an answer the page does without."""
    if visit.account is None:
        return None
    try:
        drafts = (await visit.get("applications", "/drafts", purpose="own-drafts"))["drafts"]
    except (RemoteProblem, RemoteUnavailable):
        return None
    mine = [draft["draft_id"] for draft in drafts if draft["service"] == key]
    return form_url(visit, key, UUID(mine[0])) if mine else None


def form_url(visit: Visit, key: str, draft: UUID) -> str:
    """The form with a draft's answers."""
    return f"{visit.url(f'/dienste/{key}/antrag')}?entwurf={draft}"


ROUTES: Final[list[BaseRoute]] = [
    Route("/", start, methods=["GET"]),
    Route("/dienste/{key}", show_service, methods=["GET"]),
]
