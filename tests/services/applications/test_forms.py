"""Services and drafts over HTTP."""

from typing import Any

import pytest

from shared.ids import new_id
from tests.services.applications.conftest import Town
from tests.services.applications.plain import PERMIT

pytestmark = pytest.mark.integration


class TestServices:
    async def test_are_listed_in_both_languages(self, town: Town) -> None:
        german = (await town.service.http.get("/services")).json()["services"]
        english = (await town.service.http.get("/services?language=en")).json()["services"]
        assert [service["key"] for service in german] == ["bewohnerparkausweis", "hundesteuer-anmeldung"]
        assert german[0]["title"] == "Bewohnerparkausweis beantragen"
        assert english[0]["title"] == "Apply for a resident's parking permit"

    async def test_are_described_with_their_form(self, town: Town) -> None:
        found = (await town.service.http.get("/services/bewohnerparkausweis")).json()
        assert [section["key"] for section in found["sections"]][:2] == ["person", "wohnung"]
        plate = next(f for s in found["sections"] for f in s["fields"] if f["name"] == "plate")
        assert (plate["type"], plate["label"], plate["required"]) == ("plate", "Kennzeichen", True)

    async def test_check_answers_without_taking_them(self, town: Town) -> None:
        reply = await town.service.http.post("/services/bewohnerparkausweis/check", json={"answers": PERMIT})
        found = reply.json()
        assert (found["fee_cents"], found["errors"]) == (3060, [])
        assert {"label": "Kennzeichen", "text": "LIN-AB 123"}.items() <= found["summary"][7].items()
        reply = await town.service.http.post("/services/bewohnerparkausweis/check", json={"answers": {}})
        assert (reply.status_code, reply.json()["fee_cents"]) == (200, None)
        assert await town.count("event") == 0


class TestDraft:
    async def save(self, town: Town) -> dict[str, Any]:
        body = {"service": "bewohnerparkausweis", "answers": {"family_name": "Mustermann"}}
        reply = await town.post("/drafts", body)
        assert reply.status_code == 201
        found: dict[str, Any] = reply.json()
        return found

    async def test_is_saved_changed_and_resumed(self, town: Town) -> None:
        draft = await self.save(town)
        changed = {"answers": {"family_name": "Mustermann", "months": 12}}
        await town.service.http.put(
            f"/drafts/{draft['draft_id']}", json=changed, headers=town.headers(town.citizen)
        )
        resumed = (await town.get(f"/drafts/{draft['draft_id']}")).json()
        assert resumed["answers"] == changed["answers"]
        assert [d["draft_id"] for d in (await town.get("/drafts")).json()["drafts"]] == [draft["draft_id"]]

    async def test_is_sealed_at_rest(self, town: Town) -> None:
        await self.save(town)
        assert b"Mustermann" not in await town.service.runtime.pool.fetchval("SELECT sealed FROM draft")

    async def test_of_another_reads_as_unknown(self, town: Town) -> None:
        draft = await self.save(town)
        assert (await town.get(f"/drafts/{draft['draft_id']}", new_id())).status_code == 404
        assert (await town.get("/drafts", new_id())).json() == {"drafts": []}

    async def test_goes_when_it_is_dropped(self, town: Town) -> None:
        path = f"/drafts/{(await self.save(town))['draft_id']}"
        reply = await town.service.http.delete(path, headers=town.headers(town.citizen))
        assert reply.status_code == 204
        assert (await town.get(path)).status_code == 404

    async def test_goes_with_its_submission(self, town: Town) -> None:
        draft = await self.save(town)
        body = {
            "service": "bewohnerparkausweis",
            "service_version": 1,
            "answers": PERMIT,
            "draft_id": draft["draft_id"],
        }
        headers = town.headers(town.citizen) | {"Idempotency-Key": "d"}
        assert (await town.service.http.post("/applications", json=body, headers=headers)).status_code == 201
        assert await town.count("draft") == 0

    async def test_stays_when_its_submission_is_refused(self, town: Town) -> None:
        draft = await self.save(town)
        body = {"service": "bewohnerparkausweis", "service_version": 1, "answers": {}}
        headers = town.headers(town.citizen) | {"Idempotency-Key": "d"}
        body["draft_id"] = draft["draft_id"]
        assert (await town.service.http.post("/applications", json=body, headers=headers)).status_code == 422
        assert await town.count("draft") == 1


class TestMyCases:
    async def test_are_mine_alone(self, town: Town) -> None:
        receipt = (await town.apply()).json()
        mine = (await town.get("/applications")).json()["applications"]
        assert [(row["case_number"], row["state"]) for row in mine] == [
            (receipt["case_number"], "awaiting_payment")
        ]
        assert (await town.get("/applications", new_id())).json() == {"applications": []}

    async def test_show_what_can_be_done(self, town: Town) -> None:
        receipt = (await town.apply()).json()
        seen = (await town.get(f"/applications/{receipt['case_id']}")).json()
        assert seen["can"] == ["pay", "withdraw"]
        assert seen["fee"]["cents"] == 3060
        assert seen["summary"][0]["text"] == "Erika"


class TestAtRest:
    async def test_holds_no_answer_in_clear(self, town: Town) -> None:
        await town.apply()
        for table in ("event", "case_overview", "task", "reservation"):
            rows = await town.service.runtime.pool.fetch(f"SELECT t::text AS row FROM {table} t")
            clear = " ".join(row["row"] for row in rows)
            for word in ("Mustermann", "LIN-AB", "Lindenstra", "1984-08-12"):
                assert word not in clear
                assert word.encode().hex() not in clear
