"""The file of direct debits: valid by its schema, the same each time, true in its sums."""

import tracemalloc
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from services.payments.domain.address import Abroad
from services.payments.sepa.debits import Creditor, Debit, DebitImpossible, Scheme, Sequence
from services.payments.sepa.pain008 import NAMESPACE, write_debits
from services.payments.sepa.schema import pain_008

NS = {"p": NAMESPACE}
NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
CITY = Creditor("Stadtkasse Lindenau", "DE02120300000000202051", "DE98ZZZ09999999999", "BYLADEM1001")
DUE = date(2026, 12, 10)
ONE = Debit(
    "BPA-2026-000001-1", 3060, "M-2026-000001", date(2026, 11, 20), "Jürgen Müller & Söhne",
    "DE89370400440532013000", "Bewohnerparkausweis <4711> 47112600000122", DUE, Sequence.RECURRING,
)  # fmt: skip
ABROAD = replace(
    ONE, reference="CH-1", iban="CH9300762011623852957",
    abroad=Abroad("Bahnhofstrasse", "1a", "8001", "Zürich", "CH", "POFICHBEXXX"),
)  # fmt: skip


def written(debits: list[Debit], creditor: Creditor = CITY) -> bytes:
    return b"".join(write_debits("SDD-2026-11-26-1", NOW, creditor, debits))


def parsed(file: bytes) -> Any:
    root = etree.fromstring(file)
    pain_008().assertValid(root)
    return root


def texts(root: Any, path: str) -> list[str]:
    return [found.text for found in root.iterfind(f".//{path}", NS)]


def many(count: int) -> list[Debit]:
    kinds = [*Sequence]
    return [
        replace(ONE, reference=f"E-{n}", cents=n + 1, mandate=f"M-{n}", sequence=kinds[n % len(kinds)],
                due=date(2026, 12, 10 + n % 2))
        for n in range(count)
    ]  # fmt: skip


class TestFile:
    def test_is_valid_by_the_schema(self) -> None:
        root = parsed(written([ONE, replace(ONE, reference="C", amended=True, bic="COBADEFFXXX")]))
        assert texts(root, "p:EndToEndId") == ["BPA-2026-000001-1", "C"]

    def test_writes_names_as_banks_take_them(self) -> None:
        root = parsed(written([ONE]))
        assert texts(root, "p:Dbtr/p:Nm") == ["Juergen Mueller + Soehne"]
        assert texts(root, "p:Ustrd") == ["Bewohnerparkausweis .4711. 47112600000122"]

    def test_is_the_same_in_whatever_order(self) -> None:
        debits = many(50)
        assert written(debits) == written(debits[::-1])

    def test_groups_by_due_date_sequence_and_scheme(self) -> None:
        debits = [
            ONE,
            replace(ONE, reference="2", sequence=Sequence.FIRST),
            replace(ONE, reference="3", due=date(2026, 12, 11)),
            replace(ONE, reference="4", scheme=Scheme.B2B),
            replace(ONE, reference="5"),
        ]
        root = parsed(written(debits))
        assert texts(root, "p:PmtInfId") == [f"SDD-2026-11-26-1-{n}" for n in (1, 2, 3, 4)]
        assert texts(root, "p:PmtInf/p:NbOfTxs") == ["1", "1", "2", "1"]
        assert texts(root, "p:ReqdColltnDt") == ["2026-12-10"] * 3 + ["2026-12-11"]

    def test_writes_the_address_of_a_payer_abroad_in_parts_with_the_bic(self) -> None:
        root = parsed(written([ABROAD, ONE]))
        (address,) = root.iterfind(".//p:PstlAdr", NS)
        assert [(etree.QName(part).localname, part.text) for part in address] == [
            ("StrtNm", "Bahnhofstrasse"), ("BldgNb", "1a"), ("PstCd", "8001"), ("TwnNm", "Zuerich"),
            ("Ctry", "CH"),
        ]  # fmt: skip
        assert texts(root, "p:DbtrAgt/p:FinInstnId/p:BICFI") == ["POFICHBEXXX"]

    def test_leaves_out_the_parts_that_there_are_not(self) -> None:
        assert ABROAD.abroad is not None
        bare = replace(ABROAD.abroad, street="", number="", postcode="")
        root = parsed(written([replace(ABROAD, abroad=bare)]))
        (address,) = root.iterfind(".//p:PstlAdr", NS)
        assert [etree.QName(part).localname for part in address] == ["TwnNm", "Ctry"]

    @pytest.mark.parametrize(
        "wrong", [{"town": " "}, {"country": "US"}, {"country": ""}, {"bic": ""}, {"bic": "POFI"}]
    )
    def test_refuses_an_account_abroad_without_what_its_bank_needs(self, wrong: dict[str, str]) -> None:
        assert ABROAD.abroad is not None
        with pytest.raises(DebitImpossible, match="payer's address"):
            replace(ABROAD, abroad=replace(ABROAD.abroad, **wrong))
        with pytest.raises(DebitImpossible, match="payer's address"):
            replace(ABROAD, abroad=None)

    def test_says_that_an_account_has_changed(self) -> None:
        root = parsed(written([replace(ONE, amended=True)]))
        assert texts(root, "p:AmdmntInd") == ["true"]
        assert texts(root, "p:OrgnlDbtrAcct/p:Id/p:Othr/p:Id") == ["SMNDA"]

    def test_names_no_bank_where_none_is_known(self) -> None:
        root = parsed(written([ONE], replace(CITY, bic="")))
        assert texts(root, "p:Othr/p:Id").count("NOTPROVIDED") == 2

    def test_shares_the_charges_and_books_as_a_batch(self) -> None:
        root = parsed(written([ONE]))
        assert texts(root, "p:ChrgBr") == ["SLEV"]
        assert texts(root, "p:BtchBookg") == ["true"]
        assert texts(root, "p:SvcLvl/p:Cd") == ["SEPA"]
        assert texts(root, "p:LclInstrm/p:Cd") == ["CORE"]

    def test_writes_an_address_of_nobody(self) -> None:
        assert b"PstlAdr" not in written([ONE])

    @settings(max_examples=60)
    @given(
        st.lists(st.tuples(st.integers(1, 99_999_999_999), st.text(max_size=200), st.text(max_size=200)),
                 min_size=1, max_size=5)
    )  # fmt: skip
    def test_is_valid_whatever_people_are_called(self, said: list[tuple[int, str, str]]) -> None:
        debits = [
            replace(ONE, reference=str(n), cents=cents, name="A" + name, text=text)
            for n, (cents, name, text) in enumerate(said)
        ]
        root = parsed(written(debits))
        total = sum(cents for cents, _, _ in said)
        assert Decimal(texts(root, "p:GrpHdr/p:CtrlSum")[0]) == Decimal(total) / 100
        assert sum(Decimal(text) for text in texts(root, "p:InstdAmt")) == Decimal(total) / 100


class TestSums:
    def test_are_those_of_the_debits(self) -> None:
        root = parsed(written(many(40)))
        assert texts(root, "p:GrpHdr/p:NbOfTxs") == ["40"]
        assert texts(root, "p:GrpHdr/p:CtrlSum") == ["8.20"]
        for group in root.iterfind(".//p:PmtInf", NS):
            amounts = [Decimal(found.text) for found in group.iterfind(".//p:InstdAmt", NS)]
            assert Decimal(group.find("p:CtrlSum", NS).text) == sum(amounts)
            assert int(group.find("p:NbOfTxs", NS).text) == len(amounts)


class TestRefusing:
    @pytest.mark.parametrize(
        "wrong",
        [{"cents": 0}, {"cents": 100_000_000_000}, {"reference": "a b"}, {"mandate": "m" * 36},
         {"iban": "DE88370400440532013000"}, {"name": "  "}, {"signed_on": date(2027, 1, 1)}],
    )  # fmt: skip
    def test_takes_no_impossible_debit(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(DebitImpossible) as refused:
            replace(ONE, **wrong)
        assert "Müller" not in str(refused.value)

    def test_writes_none_twice(self) -> None:
        with pytest.raises(DebitImpossible):
            written([ONE, replace(ONE, cents=1)])

    def test_writes_no_empty_file(self) -> None:
        with pytest.raises(DebitImpossible):
            written([])

    def test_takes_no_message_id_that_groups_would_outgrow(self) -> None:
        with pytest.raises(ValueError):
            write_debits("x" * 31, NOW, CITY, [ONE])


class TestTwentyThousand:
    def test_are_valid_and_written_piece_by_piece(self) -> None:
        debits = many(20_000)
        tracemalloc.start()
        biggest = 0
        size = 0
        for piece in write_debits("SDD-LARGE", NOW, CITY, debits):
            biggest, size = max(biggest, len(piece)), size + len(piece)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert biggest < 2_000
        assert peak < size
        root = parsed(b"".join(write_debits("SDD-LARGE", NOW, CITY, debits)))
        assert texts(root, "p:GrpHdr/p:NbOfTxs") == ["20000"]
