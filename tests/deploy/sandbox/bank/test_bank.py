"""The sandbox bank and the portal's own words: each reads what the other writes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from deploy.local.sandbox.bank.app import create_app
from deploy.local.sandbox.bank.settings import Settings
from services.payments.sepa.camt import read_statements
from services.payments.sepa.debits import Creditor, Debit, Sequence
from services.payments.sepa.iban import has_check_digits
from services.payments.sepa.pain002 import StatusReport, read_status
from services.payments.sepa.pain008 import write_debits
from services.payments.sepa.statements import Statement

CITY = Creditor("Stadtkasse Lindenau", "DE02120300000000202051", "DE98ZZZ09999999999")
TODAY, DUE = date(2026, 12, 8), date(2026, 12, 10)


def account(ending: str) -> str:
    """A German account that ends so, with right check digits."""
    found = (f"DE{check:02}37040044000000{ending}" for check in range(2, 99))
    return next(iban for iban in found if has_check_digits(iban))


GOOD, UNKNOWN, WITHOUT_FUNDS = account("1234"), account("0001"), account("0003")


def debit(reference: str, iban: str, cents: int = 3060) -> Debit:
    return Debit(reference, cents, "M-1", date(2026, 11, 20), "Ada", iban, "Parken", DUE, Sequence.FIRST)


class Town:
    """What the town sees: its folder."""

    def __init__(self, folder: Path, http: TestClient) -> None:
        self.folder, self.http = folder, http

    def files(self, *debits: Debit, name: str = "SDD-1") -> None:
        content = b"".join(write_debits(name, datetime(2026, 12, 8, tzinfo=UTC), CITY, debits))
        (self.folder / "out" / f"{name}.xml").write_bytes(content)
        assert self.http.post("/sandbox/work").status_code == 200

    def days(self, count: int) -> None:
        assert self.http.post("/sandbox/days", json={"count": count}).status_code == 200

    def answers(self) -> list[StatusReport]:
        paths = sorted((self.folder / "in").glob("pain002*"))
        return [read_status([path.read_bytes()]) for path in paths]

    def statements(self) -> list[Statement]:
        paths = sorted((self.folder / "in").glob("camt053*"))
        return [found for path in paths for found in read_statements([path.read_bytes()])]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    settings = Settings(tmp_path / "state", tmp_path / "bank", CITY.iban, TODAY)
    with TestClient(create_app(settings), follow_redirects=False) as http:
        yield Town(tmp_path / "bank", http)


class TestFile:
    def test_is_answered_with_what_the_script_refuses(self, town: Town) -> None:
        town.files(debit("E-1", GOOD), debit("E-2", UNKNOWN))
        (report,) = town.answers()
        assert (report.original_message_id, report.status) == ("SDD-1", "PART")
        assert [(one.reference, one.code) for one in report.debits] == [("E-2", "AC01")]

    def test_is_taken_once(self, town: Town) -> None:
        town.files(debit("E-1", GOOD))
        town.files(debit("E-1", GOOD))
        town.days(4)
        assert [found.difference_cents for found in town.statements()] == [0]

    def test_with_a_wrong_sum_is_put_aside(self, town: Town) -> None:
        content = b"".join(write_debits("X", datetime(2026, 12, 8, tzinfo=UTC), CITY, [debit("E", GOOD)]))
        (town.folder / "out" / "X.xml").write_bytes(content.replace(b"<CtrlSum>30.60", b"<CtrlSum>30.61"))
        assert "control sum" in town.http.post("/sandbox/work").json()["files"][0]["unreadable"]
        assert town.answers() == []


class TestDays:
    def test_bring_the_money_as_a_group_on_the_due_day(self, town: Town) -> None:
        town.files(debit("E-1", GOOD), debit("E-2", GOOD, 1000), debit("E-3", UNKNOWN))
        town.days(3)
        (statement,) = town.statements()
        (entry,) = statement.entries
        assert (entry.cents, entry.count, entry.group, entry.booked) == (4060, 2, "SDD-1-1", DUE)
        assert statement.account == CITY.iban

    def test_take_it_back_with_charges(self, town: Town) -> None:
        town.files(debit("E-1", WITHOUT_FUNDS))
        town.days(5)
        booked, returned = town.statements()
        (tx,) = returned.entries[0].transactions
        assert (tx.cents, tx.original_cents, tx.charges_cents) == (-3385, 3060, 325)
        assert (tx.reason, tx.end_to_end_id, tx.mandate) == ("MS03", "E-1", "M-1")
        assert returned.opening_cents == booked.closing_cents == 3060
        assert (booked.sequence, returned.sequence) == (1, 2)

    def test_without_anything_bring_no_statement(self, town: Town) -> None:
        town.days(3)
        assert town.statements() == []


class TestTransfer:
    def test_by_script_is_in_the_days_statement(self, town: Town) -> None:
        said = {"name": "Ada & Co", "iban": GOOD, "amount_cents": 3060, "text": "KZ <1>", "reference": "R-1"}
        assert town.http.post("/sandbox/transfers", json=said).status_code == 201
        town.days(1)
        (tx,) = town.statements()[0].entries[0].transactions
        assert (tx.cents, tx.name, tx.text, tx.end_to_end_id) == (3060, "Ada & Co", "KZ <1>", "R-1")

    def test_by_the_page_too(self, town: Town) -> None:
        form = {"name": "Ada", "iban": GOOD, "amount": "30,60", "text": "danke"}
        assert town.http.post("/transfer", data=form).status_code == 303
        assert "30.60" in town.http.get("/").text
        assert town.statements() == []
        assert town.http.post("/next-day").status_code == 303
        [told] = town.statements()
        assert told.entries[0].transactions[0].text == "danke"
        assert town.http.post("/transfer", data={**form, "amount": "a lot"}).status_code == 400

    @pytest.mark.parametrize(
        "wrong", [{"amount_cents": 0}, {"amount_cents": "x"}, {"name": ""}, {"text": None}]
    )
    def test_that_is_none_is_refused(self, town: Town, wrong: dict[str, object]) -> None:
        said = {"name": "Ada", "iban": GOOD, "amount_cents": 3060, "text": "x", **wrong}
        if wrong.get("text", "x") is None:
            said.pop("text")
        assert town.http.post("/sandbox/transfers", json=said).status_code == 400


class TestSettings:
    def test_say_what_is_missing(self) -> None:
        with pytest.raises(ValueError, match="PORTAL_BANK_FOLDER"):
            Settings.from_environment({"PORTAL_SANDBOX_STATE": "x"})

    def test_read_a_script(self) -> None:
        found = Settings.from_environment(
            {"PORTAL_SANDBOX_STATE": "x", "PORTAL_BANK_FOLDER": "y", "PORTAL_BANK_IBAN": CITY.iban,
             "PORTAL_SANDBOX_BANK_DAY": "2026-12-08", "PORTAL_SANDBOX_BANK_REJECTS": '{"9": "AC06"}'}
        )  # fmt: skip
        assert (found.day, found.rejects) == (TODAY, {"9": "AC06"})
        assert replace(found, port=1).returns == {"0003": "MS03", "0006": "MD06"}
