"""What the sandbox bank does wrong when it is told to, as the town finds it in its folder."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from deploy.local.sandbox.bank.app import create_app
from deploy.local.sandbox.bank.settings import Settings
from services.payments.sepa.camt import read_statements
from services.payments.sepa.pain002 import read_status
from services.payments.sepa.statements import Statement
from services.payments.sepa.xml_reading import XmlRefused
from tests.deploy.sandbox.bank.test_bank import CITY, GOOD, TODAY, UNKNOWN, WITHOUT_FUNDS, Town, debit


class FaultyTown(Town):
    """The town, whose bank is told to err."""

    def tell(self, fault: str, status: int = 201, **more: Any) -> None:
        assert self.http.post("/sandbox/faults", json={"fault": fault, **more}).status_code == status

    def pays(self, cents: int = 3060) -> None:
        said = {"name": "Ada", "iban": GOOD, "amount_cents": cents, "text": "x"}
        assert self.http.post("/sandbox/transfers", json=said).status_code == 201

    def arrived(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "in").iterdir())

    def reads(self, name: str) -> Statement:
        [found] = read_statements([(self.folder / "in" / name).read_bytes()])
        return found

    def returned(self) -> dict[str, tuple[str, int]]:
        """Code and charges by reference."""
        found = (
            tx for one in self.statements() for e in one.entries for tx in e.transactions if tx.is_return
        )
        return {tx.end_to_end_id: (tx.reason, tx.charges_cents) for tx in found}


@pytest.fixture
def town(tmp_path: Path) -> Iterator[FaultyTown]:
    settings = Settings(tmp_path / "state", tmp_path / "bank", CITY.iban, TODAY)
    with TestClient(create_app(settings), follow_redirects=False) as http:
        yield FaultyTown(tmp_path / "bank", http)


FIRST, SECOND = "camt053-2026-12-08-0001.xml", "camt053-2026-12-09-0002.xml"


def beside(name: str, what: str) -> str:
    return name.replace(".xml", f"-{what}.xml")


class TestAStatement:
    def test_twice_says_the_same_in_other_bytes(self, town: FaultyTown) -> None:
        town.tell("twice")
        town.pays()
        town.days(1)
        one, two = town.reads(FIRST), town.reads(beside(FIRST, "again"))
        assert (one.identifier, one.digest) == (two.identifier, two.digest)
        assert len({path.read_bytes() for path in (town.folder / "in").iterdir()}) == 2

    def test_left_out_comes_later_behind_its_successor(self, town: FaultyTown) -> None:
        town.tell("late", days=2)
        for _ in range(2):
            town.pays()
            town.days(1)
        assert town.arrived() == [SECOND]
        assert (town.reads(SECOND).sequence, town.reads(SECOND).opening_cents) == (2, 3060)
        town.days(1)
        assert town.arrived() == [FIRST, SECOND]

    @pytest.mark.parametrize("fault", ["cut", "not_xml", "hostile"])
    def test_spoilt_cannot_be_read_and_is_sent_again(self, town: FaultyTown, fault: str) -> None:
        town.tell(fault, days=1)
        town.pays()
        town.days(1)
        assert town.arrived() == [beside(FIRST, "spoilt")]
        with pytest.raises(XmlRefused):
            town.reads(beside(FIRST, "spoilt"))
        town.days(1)
        assert town.reads(FIRST).difference_cents == 0

    def test_with_a_wrong_sum_is_corrected_under_its_name(self, town: FaultyTown) -> None:
        town.tell("wrong_sum", days=0)
        town.pays()
        town.days(1)
        wrong, right = town.reads(beside(FIRST, "spoilt")), town.reads(FIRST)
        assert (abs(wrong.difference_cents), right.difference_cents) == (1, 0)
        assert wrong.identifier == right.identifier

    def test_errs_once_for_each_time_that_it_is_told(self, town: FaultyTown) -> None:
        town.tell("cut")
        town.http.delete("/sandbox/faults")
        town.pays()
        town.days(1)
        assert town.arrived() == [FIRST]


class TestANotification:
    @pytest.mark.parametrize(("details", "told"), [(True, [1000, 3060]), (False, [])])
    def test_comes_before_its_statement(self, town: FaultyTown, details: bool, told: list[int]) -> None:
        town.files(debit("E-1", GOOD), debit("E-2", GOOD, 1000))
        town.tell("notified", days=1, details=details)
        town.days(3)
        assert town.arrived() == ["camt054-2026-12-10-0001.xml", "pain002-SDD-1.xml"]
        first = town.reads("camt054-2026-12-10-0001.xml")
        assert (first.kind, first.opening_cents, first.account) == ("notification", None, CITY.iban)
        assert sorted(tx.cents for tx in first.entries[0].transactions) == told
        town.days(1)
        [entry] = town.reads("camt053-2026-12-10-0001.xml").entries
        assert (entry.cents, entry.bank_reference) == (4060, first.entries[0].bank_reference)
        assert first.entries[0].cents == entry.cents

    def test_may_lie_beside_it_and_tell_no_more_than_sums(self, town: FaultyTown) -> None:
        town.pays()
        town.tell("notified", days=0, details=False)
        town.days(1)
        assert town.arrived() == [FIRST, FIRST.replace("053", "054")]
        assert town.reads(FIRST).entries[0].transactions[0].text == "x"
        assert town.reads(FIRST.replace("053", "054")).entries[0].transactions == ()

    def test_is_spoilt_by_a_fault_of_its_own(self, town: FaultyTown) -> None:
        town.tell("late", call="notification", days=1)
        town.tell("notified", days=0)
        town.pays()
        town.days(1)
        assert town.arrived() == [FIRST]


class TestTheAnswer:
    def test_to_a_file_comes_late_or_twice(self, town: FaultyTown) -> None:
        town.tell("late", call="answer", days=1)
        town.tell("twice", call="answer")
        town.files(debit("E-1", UNKNOWN))
        assert town.answers() == []
        town.files(debit("E-2", GOOD), name="SDD-2")
        assert [report.original_message_id for report in town.answers()] == ["SDD-2", "SDD-2"]
        town.days(1)
        late = read_status([(town.folder / "in" / "pain002-SDD-1.xml").read_bytes()])
        assert (late.status, late.debits[0].code) == ("RJCT", "AC01")


class TestAnAccount:
    def test_has_a_code_and_charges_of_its_own(self, town: FaultyTown) -> None:
        town.tell("returned", reference=GOOD, code="MD07", charges_cents=650, days=1)
        town.files(debit("E-1", GOOD), debit("E-2", WITHOUT_FUNDS), debit("E-3", GOOD, 100))
        town.days(5)
        assert town.returned() == {"E-1": ("MD07", 650), "E-3": ("MD07", 650), "E-2": ("MS03", 325)}

    def test_holds_or_is_refused_whatever_its_digits_say(self, town: FaultyTown) -> None:
        town.tell("holds", reference=WITHOUT_FUNDS)
        town.tell("rejected", reference=GOOD, code="AC06")
        town.files(debit("E-1", GOOD), debit("E-2", WITHOUT_FUNDS))
        town.days(6)
        [report] = town.answers()
        assert [(one.reference, one.code) for one in report.debits] == [("E-1", "AC06")]
        assert town.returned() == {}

    def test_of_the_next_debit_alone(self, town: FaultyTown) -> None:
        town.tell("returned", code="AM04")
        town.files(debit("E-1", GOOD), debit("E-2", GOOD, 100))
        town.days(5)
        assert town.returned() == {"E-1": ("AM04", 325)}

    def test_takes_its_newest_debit_back(self, town: FaultyTown) -> None:
        town.files(debit("E-1", GOOD))
        wanted = f"/sandbox/accounts/{GOOD}/decide"
        assert town.http.post(wanted, json={"outcome": "claim_back"}).status_code == 409
        town.days(20)
        shown = town.http.post(wanted, json={"outcome": "claim_back"}).json()
        assert [one["state"] for one in shown["debits"]] == ["returned"]
        town.days(1)
        assert town.returned() == {"E-1": ("MD06", 325)}

    def test_that_is_none_or_a_fault_of_the_line_is_refused(self, town: FaultyTown) -> None:
        town.tell("returned", 404, reference="nobody")
        town.tell("cut", 404, reference=GOOD)
        town.tell("burnt", 400)


class TestTheTownsOwnTransfer:
    def test_leaves_the_account(self, town: FaultyTown) -> None:
        said = {"name": "Ada", "iban": GOOD, "amount_cents": 500, "text": "zurück"}
        assert town.http.post("/sandbox/payouts", json=said).status_code == 201
        assert town.http.post("/sandbox/payouts", json={**said, "amount_cents": -1}).status_code == 400
        town.days(1)
        [tx] = town.reads(FIRST).entries[0].transactions
        assert (tx.cents, tx.name, tx.iban) == (-500, "Ada", GOOD)


class TestTheBook:
    def test_is_emptied_with_what_was_put_off(self, town: FaultyTown) -> None:
        town.tell("late", days=1)
        town.pays()
        town.days(1)
        assert town.http.delete("/sandbox/book").status_code == 204
        town.days(2)
        assert town.arrived() == []
        shown = town.http.get("/sandbox/book").json()
        assert (shown["balance_cents"], shown["entries"]) == (0, [])
        assert shown["day"] == "2026-12-11"
