"""How long a service usually takes, through the running service."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from rich.console import Console

from services.applications.domain.case import Case
from services.applications.domain.processing_time import FEWEST
from services.applications.wiring import SERVICE
from shared.cli.rebuilding import rebuild
from shared.ids import new_id
from tests.services.applications.conftest import Town
from tests.services.applications.domain.cases import APPROVAL, CLAIM, FEE, RULE, submitted

pytestmark = pytest.mark.integration
PATH = "/services/bewohnerparkausweis/processing-time"
NOTHING = {"cases": None, "p50_seconds": None, "p90_seconds": None, "straight_through": None}


def begun(town: Town, ago: timedelta, paid_after: timedelta = timedelta(days=3)) -> tuple[Case, datetime]:
    """A case submitted `ago`, checked and paid, and when that was."""
    at = town.clock.now() - ago
    case = submitted(id=new_id(), account_id=new_id(), now=at)
    case.record_register_answer("match", now=at)
    case.record_payment_settled(now=at + paid_after, claim_id=CLAIM, amount_cents=FEE)
    return case, at + paid_after


def approved(town: Town, seconds: float, ago: timedelta = timedelta(days=9)) -> Case:
    """Approved by rule, its document there `seconds` after the payment."""
    case, paid_at = begun(town, ago)
    case.decide_by_rule(now=paid_at, **APPROVAL)
    case.complete(now=paid_at + timedelta(seconds=seconds), document_id=new_id())
    return case


def rejected(town: Town, seconds: float) -> Case:
    case, paid_at = begun(town, timedelta(days=9))
    case.refer_to_clerk(["remark"], now=paid_at)
    case.reject_by_clerk(
        now=paid_at + timedelta(seconds=seconds), clerk="c", rule_version=RULE, reason="other", text="Nein"
    )
    return case


async def kept(town: Town, *cases: Case) -> None:
    unit = town.service.runtime.unit()
    for case in cases:
        await unit.save(case, subject=case.account_id)
    await unit.commit()


async def asked(town: Town, path: str = PATH) -> dict[str, Any]:
    reply = await town.service.http.get(path)
    assert reply.status_code == 200
    found: dict[str, Any] = reply.json()
    return found


class TestProcessingTime:
    async def test_is_given_by_service_from_its_ended_cases(self, town: Town) -> None:
        await kept(
            town, *(approved(town, n) for n in range(1, 16)), *(rejected(town, n * 60) for n in range(1, 6))
        )
        assert await asked(town) == {
            "service": "bewohnerparkausweis",
            "cases": 20,
            "p50_seconds": 10,
            "p90_seconds": 180,
            "straight_through": 0.75,
        }
        other = await asked(town, "/services/hundesteuer-anmeldung/processing-time")
        assert other == {"service": "hundesteuer-anmeldung", **NOTHING}

    async def test_says_nothing_below_the_fewest(self, town: Town) -> None:
        await kept(town, *(approved(town, 1) for _ in range(FEWEST - 1)))
        assert await asked(town) == {"service": "bewohnerparkausweis", **NOTHING}

    async def test_leaves_out_what_is_old_withdrawn_or_still_open(self, town: Town) -> None:
        withdrawn = submitted(id=new_id(), account_id=new_id(), now=town.clock.now())
        withdrawn.withdraw(now=town.clock.now())
        still_open, _ = begun(town, timedelta(days=9))
        old = [approved(town, 9999, timedelta(days=400)) for _ in range(30)]
        await kept(town, withdrawn, still_open, *old, *(approved(town, 5) for _ in range(FEWEST)))
        found = await asked(town)
        assert (found["cases"], found["p90_seconds"]) == (FEWEST, 5)

    async def test_of_an_unknown_service_is_not_there(self, town: Town) -> None:
        reply = await town.service.http.get("/services/nonsense/processing-time")
        assert (reply.status_code, reply.json()["type"].rpartition(":")[2]) == (404, "service_unknown")

    async def test_counts_what_the_service_itself_does(self, town: Town) -> None:
        case_id = (await town.apply()).json()["case_id"]
        await town.until(case_id, "awaiting_payment")
        town.clock.advance(timedelta(days=2))
        await town.pay(case_id)
        issued = {"document_id": new_id(), "case_id": case_id, "kind": "resident_parking_permit"}
        await town.hear("documents.document_issued.v1", **issued)
        rows = await town.service.runtime.pool.fetch(
            "SELECT citizens FROM case_turn WHERE case_id = $1 ORDER BY version", UUID(case_id)
        )
        assert [row["citizens"] for row in rows] == [True, False, True]

    async def test_is_the_fold_of_the_events(self, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
        await kept(town, *(approved(town, n) for n in range(1, 25)))
        before = await asked(town)
        databases = town.service.databases
        monkeypatch.setenv("PORTAL_OWNER_DATABASE_URL", databases.owner_log)
        monkeypatch.setenv("PORTAL_OWNER_KEYS_DATABASE_URL", databases.owner_keys)
        monkeypatch.setenv("PORTAL_SECRETS_DIR", str(town.service.secrets))
        await town.service.runtime.pool.execute("DELETE FROM case_turn")
        await town.service.runtime.pool.execute("UPDATE case_overview SET ended_at = NULL")
        assert (await asked(town))["cases"] is None
        for table in ("case_turn", "case_overview"):
            await rebuild(SERVICE, table, Console(quiet=True))
        assert await asked(town) == before
