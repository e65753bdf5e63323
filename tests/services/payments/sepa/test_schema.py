"""A file of debits is judged by the official schema in pieces, and a refusal names no person."""

import tracemalloc
from collections.abc import Iterator

import pytest

from services.payments.sepa.pain008 import write_debits
from services.payments.sepa.schema import SchemaBroken, checked, pain_008
from tests.services.payments.sepa.test_pain008 import CITY, NOW, ONE, many, written

FILE = written(many(200))


def in_pieces(file: bytes, size: int = 1000) -> Iterator[bytes]:
    return (file[at : at + size] for at in range(0, len(file), size))


def broken(file: bytes) -> SchemaBroken:
    with pytest.raises(SchemaBroken) as refused:
        checked(in_pieces(file))
    return refused.value


class TestChecked:
    def test_gives_the_file_byte_for_byte(self) -> None:
        assert checked(in_pieces(FILE)) == FILE

    @pytest.mark.parametrize(
        ("right", "wrong", "element"),
        [
            (b"<NbOfTxs>200</NbOfTxs>", b"<NbOfTxs>many</NbOfTxs>", "NbOfTxs"),
            (b"<Nm>Stadtkasse Lindenau</Nm>", b"<Nm></Nm>", "Nm"),
            (b"<EndToEndId>E-199</EndToEndId>", b"", "PmtId"),
            (b"<PmtMtd>DD</PmtMtd>", b"", "BtchBookg"),
            (b"</Document>", b"<Further/></Document>", "Further"),
            (b"</Document>", b"", ""),
        ],
    )
    def test_refuses_what_no_bank_would_read(self, right: bytes, wrong: bytes, element: str) -> None:
        assert right in FILE
        assert broken(FILE.replace(right, wrong)).element == element

    def test_repeats_nothing_of_a_person(self) -> None:
        refused = broken(FILE.replace(ONE.iban.encode(), b"89370400440532013000"))
        assert (refused.element, refused.rule) == ("IBAN", "SCHEMAV_CVC_PATTERN_VALID")
        assert "89370400440532013000" not in str(refused)

    def test_keeps_no_more_than_the_file(self) -> None:
        debits = many(4000)
        size = len(written(debits))
        pain_008()
        tracemalloc.start()
        try:
            checked(write_debits("SDD-2026-11-26-1", NOW, CITY, debits))
            assert tracemalloc.get_traced_memory()[1] < 4 * size
        finally:
            tracemalloc.stop()
