"""A running case keeps the version of its service that it began with: its form, its rules and its fee."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from services.applications.catalogue.loading import HERE, read_catalogue
from services.applications.office import Office
from services.applications.wiring import SERVICE
from shared.ids import new_id
from shared.testing import CallerMint, FixedClock, running
from shared.testing.databases import fresh
from tests.services.applications.conftest import Town
from tests.services.applications.plain import PERMIT
from tests.services.applications.test_clerk_desk import decide, referred

pytestmark = pytest.mark.integration
Started = Callable[[], AbstractAsyncContextManager[Town]]


def publish_second_version(data: Path) -> None:
    """Twice the fee, a rule that the old answers break, and a question that they do not answer."""
    file = data / "bewohnerparkausweis" / "v1.yaml"
    changed: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    changed["version"] = 2
    changed["fee"]["cents"] = "months * cents_per_month * 2"
    colour = {"de": "Farbe", "en": "Colour"}
    changed["fields"].append({"name": "colour", "type": "text", "section": "fahrzeug", "label": colour})
    changed["rules"].append({"code": "a_year_at_most", "fields": ["months"], "require": "months < 12"})
    text = yaml.safe_dump(changed, allow_unicode=True)
    (data / "bewohnerparkausweis" / "v2.yaml").write_text(text, "utf-8")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    shutil.copytree(HERE / "data", folder)
    return folder


@pytest.fixture
async def starting(
    data: Path, postgres_url: str, amqp_url: str, mint: CallerMint, register_url: str
) -> AsyncIterator[Started]:
    """Starts the service, again and again on the same databases: what lies in the catalogue is offered."""
    citizen, clerk = new_id(), new_id()
    async with fresh(postgres_url, SERVICE) as databases:

        @asynccontextmanager
        async def start() -> AsyncIterator[Town]:
            clock = FixedClock()
            office = Office(read_catalogue(data), ZoneInfo("Europe/Berlin"), timedelta(days=7))
            async with running(
                SERVICE, postgres_url, amqp_url, data.parent / "secrets", mint=mint, clock=clock,
                databases=databases, register_url=register_url, catalogue=data,
            ) as service:  # fmt: skip
                yield Town(service, clock, register_url, office, citizen, clerk)

        yield start


class TestACaseOfTheFirstVersion:
    async def test_is_corrected_and_approved_by_its_own_rules_and_fee(
        self, starting: Started, data: Path
    ) -> None:
        async with starting() as town:
            case = await referred(town)
        publish_second_version(data)
        async with starting() as town:
            offered = (await town.service.http.get("/services/bewohnerparkausweis")).json()
            assert offered["version"] == 2
            assert (await town.apply(who=new_id())).json()["type"].endswith("form_changed")

            await decide(town, case, "request_correction", reason="Hausnummer?")
            answers = PERMIT | {"house_number": "14"}  # no colour, and twelve months: neither would do today
            path = f"/applications/{case['case_id']}/correction"
            assert (await town.post(path, {"answers": answers})).status_code == 200
            found = await town.until(case["case_id"], "in_review")
            assert (await decide(town, found, "approve")).json()["condition"] == "approved"

            approved = await town.case(case["case_id"])
            assert (approved["service_version"], approved["fee"]["cents"]) == (1, 3060)
            assert approved["decision"]["rule_version"] == "bewohnerparkausweis/1"
            assert "colour" not in [one["field"] for one in approved["summary"]]

    async def test_takes_no_answer_to_a_question_of_the_second(self, starting: Started, data: Path) -> None:
        async with starting() as town:
            case = await referred(town)
        publish_second_version(data)
        async with starting() as town:
            await decide(town, case, "request_correction", reason="Hausnummer?")
            path = f"/applications/{case['case_id']}/correction"
            reply = await town.post(path, {"answers": PERMIT | {"colour": "rot"}})
            assert reply.json()["errors"] == [{"field": "colour", "code": "field_unknown", "params": {}}]
