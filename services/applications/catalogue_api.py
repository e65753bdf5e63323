"""What the city offers, over HTTP: services, their forms, and a check of answers before they are sent."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query
from pydantic import BaseModel, ConfigDict, Field

from services.applications.catalogue.examination import examine
from services.applications.catalogue.loading import ServiceUnknown
from services.applications.catalogue.publication import PublishedService
from services.applications.domain.processing_time import measure
from services.applications.office import Office
from services.applications.presentation import described, listed, measured, summarised
from services.applications.queries import ended_cases
from shared.service import Runtime
from shared.web.problems import Problem

MOST_ANSWERS = 100


class Answers(BaseModel):
    """Answers of a form by field name."""

    model_config = ConfigDict(extra="forbid")

    answers: dict[str, Any] = Field(max_length=MOST_ANSWERS)


async def language_of(
    language: Annotated[Literal["de", "en"] | None, Query()] = None,
    accept_language: Annotated[str, Header()] = "",
) -> str:
    """FastAPI dependency: `?language=`, else Accept-Language, else German."""
    return language or ("en" if accept_language.lower().startswith("en") else "de")


Language = Annotated[str, Depends(language_of)]


def service_or_404(office: Office, key: str) -> PublishedService:
    """The current version of a service. 404 `service_unknown`."""
    try:
        return office.catalogue.current(key)
    except ServiceUnknown:
        raise Problem("service_unknown", 404, "There is no such service") from None


def router(runtime: Runtime, office: Office) -> APIRouter:
    """Readable by everybody who reaches the service; nothing here is personal."""
    routes = APIRouter(tags=["services"])

    @routes.get("/services")
    async def list_services(language: Language) -> dict[str, Any]:
        offered = office.catalogue.offered()
        return {"services": [listed(service.definition, language) for service in offered]}

    @routes.get("/services/{key}")
    async def describe_service(key: str, language: Language) -> dict[str, Any]:
        return described(service_or_404(office, key).definition, language)

    @routes.get("/services/{key}/versions/{version}")
    async def describe_version(key: str, version: int, language: Language) -> dict[str, Any]:
        """As it was: the form of a case that began with this version. 404 `version_unknown`."""
        service_or_404(office, key)
        try:
            return described(office.catalogue.version(key, version).definition, language)
        except ServiceUnknown:
            raise Problem("version_unknown", 404, "This service never had that version") from None

    @routes.get("/services/{key}/processing-time")
    async def measure_service(key: str) -> dict[str, Any]:
        """Null figures while there are too few cases to say anything."""
        service_or_404(office, key)
        return measured(key, measure(await ended_cases(runtime.pool, key, runtime.clock.now())))

    @routes.post("/services/{key}/check")
    async def check_answers(key: str, given: Answers, language: Language) -> dict[str, Any]:
        service = service_or_404(office, key)
        today = office.today(runtime.clock.now())
        found = examine(service, office.catalogue, given.answers, today=today, account=str(UUID(int=0)))
        return {
            "service_version": service.definition.version,
            "fee_cents": found.fee_cents,
            "currency": "EUR",
            "fee_due": service.definition.fee.due,
            "summary": summarised(service.definition, found.answers, language),
            "assessment": found.assessment,
            "errors": [error.as_json() for error in found.errors],
        }

    @routes.get("/streets")
    async def list_streets() -> dict[str, Any]:
        """Names for the form's suggestions."""
        return {"streets": list(office.catalogue.city.streets.names)}

    return routes
