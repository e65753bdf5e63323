"""An account number as it is typed: read leniently, refused with a reason that a page can say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iban as reference

from services.payments.sepa.iban import Detail, Iban, IbanRefused, Reason, has_check_digits, read_iban

COMMERZBANK = "DE89370400440532013000"
MADE_HERE = "DE" + reference.calc_check_digits("DE00395501100000012345") + "395501100000012345"


def refusal(typed: str) -> tuple[Reason, Detail]:
    with pytest.raises(IbanRefused) as refused:
        read_iban(typed)
    assert len(typed) < 12 or typed not in str(refused.value)
    return refused.value.reason, refused.value.detail


class TestReading:
    @pytest.mark.parametrize(
        "typed",
        [COMMERZBANK, "DE89 3704 0044 0532 0130 00", " iban: de89370400440532013000 ",
         "DE89-3704-0044-0532-0130-00", "DE89\u00a03704\u00a00044\u00a00532\u00a00130\u00a000"],
    )  # fmt: skip
    def test_takes_it_as_people_write_it(self, typed: str) -> None:
        assert read_iban(typed) == Iban(COMMERZBANK, "Commerzbank", "COBADEFFXXX")

    def test_names_the_bank(self) -> None:
        assert read_iban(MADE_HERE).bank == "Sparkasse Düren"

    def test_shows_it_in_groups_and_masked(self) -> None:
        found = read_iban(COMMERZBANK)
        assert found.grouped == "DE89 3704 0044 0532 0130 00"
        assert found.masked == "DE89 … 3000"

    def test_knows_no_bank_abroad(self) -> None:
        assert read_iban("AT61 1904 3002 3457 3201") == Iban("AT611904300234573201", "", "")

    def test_takes_an_account_outside_the_eea_for_a_transfer(self) -> None:
        found = read_iban("CH93 0076 2011 6238 5295 7")
        assert (found.number, found.needs_address) == ("CH9300762011623852957", True)
        assert not read_iban("AT61 1904 3002 3457 3201").needs_address


class TestRefusing:
    @pytest.mark.parametrize(
        ("typed", "reason", "detail"),
        [
            ("", Reason.EMPTY, Detail()),
            (" IBAN: ", Reason.EMPTY, Detail()),
            ("DE89 3704 0O44 0532 0130 0ü", Reason.SIGN, Detail(group=6, sign="Ü")),
            ("8937 0400 4405 3201 3000", Reason.BEGINNING, Detail()),
            ("XX89 3704 0044 0532 0130 00", Reason.COUNTRY_UNKNOWN, Detail(country="XX")),
            ("TR33 0006 1005 1978 6457 8413 26", Reason.OUTSIDE_SEPA, Detail(country="TR")),
            ("DE89 3704 044 0532 0130 00", Reason.GROUP, Detail(group=3, found=3, expected=4)),
            ("DE89 3704 00444 0532 0130 00", Reason.GROUP, Detail(group=3, found=5, expected=4)),
            ("DE89 3704 0044 0532 0130 0", Reason.GROUP, Detail(group=6, found=1, expected=2)),
            ("DE8937040044053201300", Reason.LENGTH, Detail(found=21, expected=22, country="DE")),
            ("DE893704004405320130000", Reason.LENGTH, Detail(found=23, expected=22, country="DE")),
            ("DE89 3704 O044 0532 0130 00", Reason.FORM, Detail(country="DE")),
            ("DE88 3704 0044 0532 0130 00", Reason.CHECK_DIGITS, Detail()),
            ("DE89 3704 0044 0532 0131 00", Reason.CHECK_DIGITS, Detail()),
            ("DE87 1234 5678 1234 5678 90", Reason.BANK_UNKNOWN, Detail(bank_code="12345678")),
        ],
    )
    def test_says_why(self, typed: str, reason: Reason, detail: Detail) -> None:
        assert refusal(typed) == (reason, detail)


class TestCheckDigits:
    @given(st.from_regex(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", fullmatch=True))
    def test_agree_with_another_implementation(self, number: str) -> None:
        right = number[:2] + reference.calc_check_digits(number) + number[4:]
        assert has_check_digits(right)
        assert has_check_digits(number) == (number == right or int(number[2:4]) % 97 == int(right[2:4]) % 97)

    @given(st.text())
    def test_are_asked_of_no_nonsense(self, typed: str) -> None:
        try:
            found = read_iban(typed)
        except IbanRefused:
            return
        assert has_check_digits(found.number)
