from collections.abc import Mapping
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payments.providers.girocheckout import hashes
from services.payments.providers.girocheckout.account import Project
from services.payments.providers.girocheckout.callbacks import verify
from services.payments.providers.port import CallbackForged, Method, State

PASSPHRASE = "ZFV9ZXpUKuDM"
PROJECTS = {Method.WERO: Project(1, "another"), Method.CARD: Project(2, PASSPHRASE)}
PAID = {
    "gcReference": "b52e7ff4-2713-4287-817f-488bfab07956",
    "gcMerchantTxId": "TXN-33605725321",
    "gcBackendTxId": "pWkqbQ43eyVK0Sh88FCR1i",
    "gcAmount": "123",
    "gcCurrency": "EUR",
    "gcResultPayment": "4000",
}
PAID_HASH = "e7a2d870904632943a40348edb3c8ae6"
ABORTED = {
    **PAID,
    "gcReference": "b1e33e0c-aa58-40ff-b83b-abc4bfb0c12f",
    "gcMerchantTxId": "TXN-94039909842",
    "gcBackendTxId": "0a3WSyaa4wf1Loy2IRFTsd",
    "gcResultPayment": "4502",
}
ABORTED_HASH = "f1dba477d0ca7c16b191785bc7fa9044"
PAGE = {"gcPaymethod": "11", "gcType": "SALE", "gcProjectId": "2", **ABORTED}


def query(parameters: Mapping[str, str], signature: str | None = None) -> bytes:
    """Signed as the provider would, unless a signature is given."""
    signature = signature or hashes.of_values(PASSPHRASE, parameters.values())
    return urlencode({**parameters, "gcHash": signature}, quote_via=quote).encode()


def reason(raw: bytes) -> str:
    with pytest.raises(CallbackForged) as raised:
        verify(PROJECTS, raw)
    return raised.value.reason


class TestTheProvidersOwnExamples:
    def test_say_paid(self) -> None:
        notification = verify(PROJECTS, query(PAID, PAID_HASH))
        outcome = notification.outcome
        assert (notification.method, outcome.state, outcome.code) == (Method.CARD, State.SUCCEEDED, "4000")
        assert (outcome.reference, outcome.transaction_id) == (PAID["gcReference"], "TXN-33605725321")
        assert (outcome.amount_cents, outcome.currency) == (123, "EUR")
        assert outcome.backend_transaction_id == "pWkqbQ43eyVK0Sh88FCR1i"

    def test_say_aborted(self) -> None:
        assert verify(PROJECTS, query(ABORTED, ABORTED_HASH)).outcome.state is State.CANCELLED

    def test_keep_parameters_of_our_own_address_out_of_the_hash(self) -> None:
        assert verify(PROJECTS, b"attempt=7&" + query(PAID, PAID_HASH) + b"&x=%FF").outcome.code == "4000"

    def test_may_be_encoded_in_full(self) -> None:
        raw = query(PAID, PAID_HASH).replace(b"TXN-", b"%54XN%2D")
        assert verify(PROJECTS, raw).outcome.transaction_id == "TXN-33605725321"


class TestANotificationOfAPaymentPage:
    def test_is_read_with_its_own_fields(self) -> None:
        outcome = verify(PROJECTS, query({**PAGE, "gcAccountHolder": "Erika Beispiel"})).outcome
        assert (outcome.state, outcome.amount_cents) == (State.CANCELLED, 123)

    def test_with_a_holder_who_would_fake_a_result_is_forged(self) -> None:
        assert reason(query({**PAGE, "gcAccountHolder": "123EUR4000"})) == "ambiguous"


class TestAnAlteredNotification:
    @pytest.mark.parametrize("name", list(PAID))
    def test_is_forged_whichever_value_changed(self, name: str) -> None:
        altered = {**PAID, name: PAID[name][:-1] + ("1" if PAID[name][-1] != "1" else "2")}
        assert reason(query(altered, PAID_HASH)) == "wrong_hash"

    @pytest.mark.parametrize("name", list(PAID))
    def test_is_forged_whichever_value_is_missing(self, name: str) -> None:
        assert reason(query({n: v for n, v in PAID.items() if n != name}, PAID_HASH)) == "wrong_hash"

    @given(st.integers(0, 200), st.integers(0, 255))
    def test_is_forged_or_the_same_for_any_byte(self, place: int, byte: int) -> None:
        raw = bytearray(query(PAID, PAID_HASH))
        raw[place % len(raw)] = byte
        try:
            outcome = verify(PROJECTS, bytes(raw)).outcome
        except CallbackForged:
            return
        assert outcome == verify(PROJECTS, query(PAID, PAID_HASH)).outcome

    def test_is_forged_without_a_hash(self) -> None:
        assert reason(urlencode(PAID).encode()) == "no_hash"

    def test_is_forged_under_the_key_of_nobody(self) -> None:
        assert reason(query(PAID, hashes.of_values("guess", PAID.values()))) == "wrong_hash"


class TestTheSameValuesReadAnotherWay:
    """The payer sees a validly signed query on the way back; none of it may be made to say something else."""

    def test_with_two_names_exchanged_is_forged(self) -> None:
        signed = {**ABORTED, "gcAmount": "4000"}
        order = [
            "gcReference",
            "gcMerchantTxId",
            "gcBackendTxId",
            "gcResultPayment",
            "gcCurrency",
            "gcAmount",
        ]
        renamed = dict(zip(order, signed.values(), strict=True))
        assert renamed["gcResultPayment"] == "4000"
        assert reason(query(renamed)) == "order"

    def test_with_a_border_moved_out_of_format_is_forged(self) -> None:
        moved = {**PAID, "gcAmount": "12", "gcCurrency": "3EUR"}
        assert hashes.of_values(PASSPHRASE, moved.values()) == PAID_HASH
        assert reason(query(moved, PAID_HASH)) == "format"

    def test_with_a_border_moved_into_the_amount_does_not_agree(self) -> None:
        signed = {**PAID, "gcBackendTxId": "abc9"}
        moved = {**signed, "gcBackendTxId": "abc", "gcAmount": "9123"}
        outcome = verify(PROJECTS, query(moved, hashes.of_values(PASSPHRASE, signed.values()))).outcome
        assert outcome.amount_cents != 123

    def test_with_a_name_twice_is_forged(self) -> None:
        raw = query(PAID, PAID_HASH).replace(b"gcAmount=123", b"gcAmount=1&gcAmount=23")
        assert reason(raw) == "order"

    def test_with_a_second_hash_is_forged(self) -> None:
        assert reason(query(PAID, PAID_HASH) + b"&gcHash=0") == "two_hashes"

    def test_with_an_undocumented_field_is_forged(self) -> None:
        assert reason(query({**PAID, "gcSurprise": "1"})) == "order"

    def test_without_a_required_field_is_forged(self) -> None:
        assert reason(query({n: v for n, v in PAID.items() if n != "gcCurrency"})) == "incomplete"

    def test_in_a_broken_encoding_is_forged(self) -> None:
        signature = hashes.of_bytes(PASSPHRASE, "".join(PAID.values()).encode() + b"4020\xff")
        raw = query(PAID, signature) + b"&gcResultAVS=4020&gcObvName=%FF"
        assert reason(raw) == "encoding"

    def test_of_endless_length_is_forged(self) -> None:
        assert reason(query(PAID, PAID_HASH) + b"&x=" + b"0" * 9000) == "too_long"
