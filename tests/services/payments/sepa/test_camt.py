"""Statements of a bank: read in three versions, checked, told apart."""

import tracemalloc
from dataclasses import replace
from datetime import date

import pytest

from services.payments.sepa.camt import NAMESPACES, read_statements
from services.payments.sepa.statements import Statement
from services.payments.sepa.xml_reading import Refusal, XmlRefused, pieces
from tests.services.payments.sepa.messages import ACCOUNT, PAYER, Line, Tx, camt, credit, returned

CONTAINERS = frozenset({"BkToCstmrStmt", "Stmt"})
VERSIONS = ("02", "04", "08")


def read(file: bytes, size: int = 1000) -> Statement:
    (found,) = read_statements(file[at : at + size] for at in range(0, len(file), size))
    return found


@pytest.mark.parametrize("version", VERSIONS)
class TestEveryVersion:
    def test_tells_who_paid_what_for(self, version: str) -> None:
        line = credit(3060, "Parken\n4711 2600 0001 22", end_to_end="E-7", bank_reference="B-7")
        statement = read(camt([line], version))
        (entry,) = statement.entries
        (tx,) = entry.transactions
        assert (entry.cents, entry.currency, entry.status, entry.code) == (
            3060,
            "EUR",
            "BOOK",
            "PMNT/RCDT/ESCT",
        )
        assert (entry.booked, entry.bank_reference, entry.count) == (date(2026, 11, 26), "R1", 1)
        assert (tx.cents, tx.original_cents, tx.charges_cents) == (3060, 3060, 0)
        assert (tx.name, tx.iban, tx.text) == ("Ada Lovelace", PAYER, "Parken 4711 2600 0001 22")
        assert (tx.end_to_end_id, tx.bank_reference, tx.is_return) == ("E-7", "B-7", False)

    def test_tells_a_return_its_reason_and_its_charges(self, version: str) -> None:
        (tx,) = read(camt([returned(3060, "E-1", "MS03", charges=325)], version)).entries[0].transactions
        assert (tx.cents, tx.original_cents, tx.charges_cents) == (-3385, 3060, 325)
        assert (tx.reason, tx.end_to_end_id, tx.mandate, tx.name) == ("MS03", "E-1", "M-1", "Ada Lovelace")

    def test_tells_a_batch_with_its_transactions(self, version: str) -> None:
        batch = Line(5000, [Tx(3000, "E-1"), Tx(2000, "E-2")], "R2", count=2)
        entry = read(camt([batch], version)).entries[0]
        assert [tx.cents for tx in entry.transactions] == [3000, 2000]
        assert entry.adds_up

    def test_tells_a_batch_without_them(self, version: str) -> None:
        entry = read(camt([Line(5000, count=2, reference="R2", group="SDD-1")], version)).entries[0]
        assert (entry.count, entry.group, entry.transactions) == (2, "SDD-1", ())

    def test_reads_notifications_too(self, version: str) -> None:
        statement = read(camt([credit(100)], version, "054"))
        assert (statement.kind, statement.opening_cents, statement.difference_cents) == (
            "notification",
            None,
            0,
        )


class TestStatement:
    def test_names_itself_its_account_and_number(self) -> None:
        found = read(camt([credit(3060)], sequence=17, opening=-500))
        assert (found.kind, found.identifier, found.sequence, found.account) == (
            "statement", "STMT-1", 17, ACCOUNT,
        )  # fmt: skip
        assert (found.opening_cents, found.closing_cents, found.year) == (-500, 2560, 2026)

    def test_adds_up(self) -> None:
        pending = replace(credit(999, reference="R3"), status="PDNG")
        found = read(camt([credit(3060), returned(100, "E", "AC04"), pending], opening=1000))
        assert found.difference_cents == 0

    def test_says_by_how_much_it_does_not(self) -> None:
        assert read(camt([credit(3060)], opening=1000, closing=4000)).difference_cents == 60

    def test_leaves_unsaid_what_a_bank_writes_for_nothing(self) -> None:
        (tx,) = read(camt([credit(1, end_to_end="NOTPROVIDED")])).entries[0].transactions
        assert tx.end_to_end_id == ""

    def test_reads_several_of_one_file(self) -> None:
        one = camt([credit(1)], identifier="A").decode()
        second = one[one.index("<Stmt>") : one.index("</BkTo")].replace("<Id>A</Id>", "<Id>B</Id>")
        both = one.replace("</BkTo", second + "</BkTo").encode()
        assert [found.identifier for found in read_statements([both])] == ["A", "B"]

    def test_reads_a_structured_reference(self) -> None:
        (tx,) = read(camt([credit(1, reference="R")])).entries[0].transactions
        assert tx.reference == ""
        line = Line(1, [Tx(1, reference="RF462026000123")], "R")
        assert read(camt([line])).entries[0].transactions[0].reference == "RF462026000123"


class TestKeys:
    def test_are_the_same_for_the_same_told_again(self) -> None:
        lines = [credit(100, "a", "R1"), credit(100, "a", "R2"), credit(200, "b", "")]
        assert read(camt(lines)).keys() == read(camt(lines, "02", sequence=9)).keys()

    def test_differ_for_two_entries_that_look_alike(self) -> None:
        keys = read(camt([credit(100, "a", ""), credit(100, "a", ""), credit(100, "a", "R1")] * 2)).keys()
        assert len(set(keys)) == 6

    def test_differ_between_accounts(self) -> None:
        one, other = camt([credit(1)]), camt([credit(1)], account=PAYER)
        assert read(one).keys() != read(other).keys()


class TestRefusing:
    @pytest.mark.parametrize(
        ("wrong", "right"),
        [("30.605", "30.60"), ("1e400", "30.60"), ("NaN", "30.60"), ("-30.60", "30.60"), ("", "30.60"),
         ('Ccy="EURO"', 'Ccy="EUR"'), ("2026-13-01", "2026-11-26"), ("<Other/>", f"<IBAN>{ACCOUNT}</IBAN>")],
    )  # fmt: skip
    def test_takes_no_impossible_content(self, wrong: str, right: str) -> None:
        with pytest.raises(XmlRefused) as refused:
            read(camt([credit(3060)]).replace(right.encode(), wrong.encode()))
        assert refused.value.reason is Refusal.CONTENT

    @pytest.mark.parametrize(
        "amount", ["1E+20000", "1e2", "1_0", "+5", "0x10", "\u0665\u0660", "9" * 5000, "9" * 14, "1.", ".5",
                   "1.005", "1.000001", "1,50", "Infinity", "sNaN1", "1 0"],
    )  # fmt: skip
    def test_takes_no_amount_that_is_not_plain_digits(self, amount: str) -> None:
        with pytest.raises(XmlRefused) as refused:
            read(camt([credit(3060)]).replace(b"30.60", amount.encode()))
        assert refused.value.reason is Refusal.CONTENT

    @pytest.mark.parametrize(
        ("amount", "cents"),
        [("0", 0), ("7", 700), ("7.5", 750), ("7.50000", 750), ("9999999999999", 10**15 - 100)],
    )
    def test_takes_each_way_to_write_an_amount(self, amount: str, cents: int) -> None:
        (entry,) = read(camt([credit(3060)]).replace(b"30.60", amount.encode())).entries
        assert entry.cents == cents

    @pytest.mark.parametrize("number", ["9" * 5000, "9" * 19, "1_0", "-1", "1.0", "\u0661"])
    @pytest.mark.parametrize("element", ["<ElctrncSeqNb>7", "<NbOfTxs>2"])
    def test_takes_no_number_that_its_column_cannot_hold(self, number: str, element: str) -> None:
        file = camt([Line(5000, count=2, reference="R2", group="SDD-1")], sequence=7)
        name, _, _ = element.rpartition(">")
        with pytest.raises(XmlRefused) as refused:
            read(file.replace(element.encode(), f"{name}>{number}".encode()))
        assert refused.value.reason is Refusal.CONTENT

    def test_takes_the_largest_number_that_it_may_be(self) -> None:
        assert read(camt([credit(1)], sequence=10**18 - 1)).sequence == 10**18 - 1

    @pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
    def test_takes_no_day_that_cannot_be_counted_from(self, day: str) -> None:
        with pytest.raises(XmlRefused) as refused:
            read(camt([Line(1, [Tx(1)], day=day)]))
        assert refused.value.reason is Refusal.CONTENT

    def test_takes_no_code_longer_than_one_can_be(self) -> None:
        with pytest.raises(XmlRefused) as refused:
            read(camt([returned(100, "E", "A" * 36)]))
        assert refused.value.reason is Refusal.CONTENT


class TestTenThousand:
    def test_are_read_and_told_apart(self) -> None:
        statement = read(camt([credit(n + 1, f"KZ {n}", f"R{n}") for n in range(10_000)]), 65536)
        assert len(statement.entries) == len(set(statement.keys())) == 10_000
        assert statement.difference_cents == 0

    def test_are_never_in_memory_as_xml(self) -> None:
        file = camt([credit(n + 1, "x" * 140, f"R{n}") for n in range(1_000)])
        tracemalloc.start()
        for _ in pieces([file[at : at + 4096] for at in range(0, len(file), 4096)], NAMESPACES, CONTAINERS):
            pass
        peak = tracemalloc.get_traced_memory()[1] - len(file)
        tracemalloc.stop()
        assert peak < len(file) / 5
