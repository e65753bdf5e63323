"""What a town has to set for its bank, and what is said where it is wrong."""

from types import SimpleNamespace

import pytest

from services.payments.bank.assembly import creditor_of
from services.payments.sepa.debits import Creditor
from shared.settings import StartRefused

RIGHT = {
    "bank_iban": "DE02 1203 0000 0000 2020 51", "bank_holder": "Stadtkasse Lindenau",
    "bank_folder": "somewhere", "creditor_id": "DE98 ZZZ 0999 9999 999",
}  # fmt: skip


class TestCreditor:
    def test_is_read_as_people_write_it(self) -> None:
        found = creditor_of(SimpleNamespace(**RIGHT))
        assert found == Creditor(
            "Stadtkasse Lindenau", "DE02120300000000202051", "DE98ZZZ09999999999", "BYLADEM1001"
        )

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"bank_iban": "DE03120300000000202051"}, "PORTAL_BANK_IBAN is no account: check_digits"),
            ({"creditor_id": ""}, "PORTAL_CREDITOR_ID"),
            ({"bank_holder": ""}, "PORTAL_BANK_HOLDER"),
            ({"bank_folder": ""}, "PORTAL_BANK_FOLDER"),
        ],
    )
    def test_keeps_the_portal_from_starting_where_it_is_wrong(self, wrong: dict[str, str], said: str) -> None:
        with pytest.raises(StartRefused, match=said):
            creditor_of(SimpleNamespace(**{**RIGHT, **wrong}))
