"""A service that has changed while cases and drafts of it were under way."""

import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from services.applications.catalogue.loading import SERVICES, read_catalogue
from services.applications.domain.case import Case
from services.applications.office import Office
from services.applications.wiring import SERVICE
from shared.ids import new_id
from shared.testing import CallerMint, FixedClock, running
from tests.services.applications.conftest import Town
from tests.services.applications.domain.cases import submitted
from tests.services.applications.plain import DOG

pytestmark = pytest.mark.integration
KEY = "hundesteuer-anmeldung"
NEW_QUESTION = {
    "name": "dog_temper",
    "type": "textarea",
    "section": "hund",
    "label": {"de": "Wesen des Hundes", "en": "The dog's temper"},
}


@pytest.fixture(scope="module")
async def town(
    postgres_url: str, amqp_url: str, tmp_path_factory: pytest.TempPathFactory, mint: CallerMint
) -> AsyncIterator[Town]:
    """The service with a second version of the dog tax, which asks one question more."""
    catalogue = tmp_path_factory.mktemp("two-versions") / "catalogue"
    shutil.copytree(SERVICES, catalogue)
    second: dict[str, Any] = yaml.safe_load((catalogue / KEY / "v1.yaml").read_text())
    second["version"] = 2
    second["fields"].append(NEW_QUESTION)
    (catalogue / KEY / "v2.yaml").write_text(yaml.safe_dump(second, allow_unicode=True))
    clock, secrets = FixedClock(), catalogue.parent / "secrets"
    office = Office(read_catalogue(catalogue), ZoneInfo("Europe/Berlin"), timedelta(days=7))
    async with running(
        SERVICE, postgres_url, amqp_url, secrets, mint=mint, clock=clock, catalogue=catalogue
    ) as found:
        yield Town(found, clock, "", office)


async def to_be_corrected(town: Town) -> Case:
    """A case of the first version that a clerk has sent back."""
    now = town.clock.now()
    case = submitted(
        id=new_id(), account_id=town.citizen, now=now, service=KEY, answers=DOG, register_check=False,
        fee_due="after_decision", automation="none", reserved=[], document_kind="dog_tax_assessment",
    )  # fmt: skip
    case.refer_to_clerk(["not_automated"], now=now)
    case.request_correction("Welche Rasse?", now=now, clerk="c", answer_by=now.date())
    unit = town.service.runtime.unit()
    await unit.save(case, subject=town.citizen)
    await unit.commit()
    return case


def questions(definition: dict[str, Any]) -> list[str]:
    return [field["name"] for section in definition["sections"] for field in section["fields"]]


class TestCatalogue:
    async def test_gives_each_version_as_it_was(self, town: Town) -> None:
        first, second, offered = [
            (await town.service.http.get(f"/services/{KEY}{at}")).json()
            for at in ("/versions/1", "/versions/2", "")
        ]
        assert (first["version"], second["version"], offered["version"]) == (1, 2, 2)
        assert "dog_temper" not in questions(first)
        assert questions(second) == questions(offered)
        assert set(questions(second)) - set(questions(first)) == {"dog_temper"}
        english = (await town.service.http.get(f"/services/{KEY}/versions/1?language=en")).json()
        assert english["title"] != first["title"]

    @pytest.mark.parametrize(
        ("path", "slug"),
        [
            (f"/services/{KEY}/versions/3", "version_unknown"),
            (f"/services/{KEY}/versions/0", "version_unknown"),
            ("/services/nonsense/versions/1", "service_unknown"),
        ],
    )
    async def test_knows_no_other(self, town: Town, path: str, slug: str) -> None:
        reply = await town.service.http.get(path)
        assert (reply.status_code, reply.json()["type"].rpartition(":")[2]) == (404, slug)


class TestRunningCase:
    async def test_is_corrected_under_its_own_version(self, town: Town) -> None:
        case = await to_be_corrected(town)
        seen = (await town.get(f"/applications/{case.id}")).json()
        assert seen["service_version"] == 1
        body = {"answers": {**DOG, "breed": "Pudel"}}
        reply = await town.post(f"/applications/{case.id}/correction", body)
        assert (reply.status_code, reply.json()["state"]) == (200, "in_review")
        assert (await town.case(str(case.id)))["answers"]["breed"] == "Pudel"

    async def test_does_not_take_a_later_versions_question(self, town: Town) -> None:
        case = await to_be_corrected(town)
        body = {"answers": {**DOG, "dog_temper": "sanft"}}
        reply = await town.post(f"/applications/{case.id}/correction", body)
        assert (reply.status_code, reply.json()["errors"][0]["field"]) == (422, "dog_temper")


class TestNewApplication:
    async def test_of_the_older_form_is_told_so(self, town: Town) -> None:
        reply = await town.apply(service=KEY)
        assert (reply.status_code, reply.json()["current_version"]) == (409, 2)


class TestDraft:
    async def test_keeps_the_version_that_was_filled_in(self, town: Town) -> None:
        body = {"service": KEY, "service_version": 1, "answers": {"breed": "Pudel"}}
        draft = (await town.post("/drafts", body)).json()
        assert (draft["service_version"], draft["current_version"]) == (1, 2)
        path, headers = f"/drafts/{draft['draft_id']}", town.headers(town.citizen)
        for sent, kept in (({"service_version": 1}, 1), ({"service_version": 2}, 2), ({}, 2)):
            await town.service.http.put(path, json={"answers": {}, **sent}, headers=headers)
            assert (await town.get(path)).json()["service_version"] == kept

    async def test_of_a_version_there_never_was_is_refused(self, town: Town) -> None:
        reply = await town.post("/drafts", {"service": KEY, "service_version": 3, "answers": {}})
        assert (reply.status_code, reply.json()["errors"][0]["field"]) == (422, "service_version")
