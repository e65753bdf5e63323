import json

import pytest

from services.payments.providers.girocheckout import hashes
from services.payments.providers.girocheckout.replies import Begun, Told, read
from services.payments.providers.port import ProviderRefused, ProviderUnavailable, State

TOLD = {"rc": 0, "msg": "", "reference": "r", "merchantTxId": "m", "backendTxId": "b", "amount": 3000}
TOLD |= {"currency": "EUR", "resultPayment": 4000}


def told(data: object) -> Told:
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return read(Told, passphrase="secure", claimed_hash=hashes.of_bytes("secure", body), body=body)


class TestAnAuthenticReply:
    def test_is_read(self) -> None:
        outcome = told(TOLD).outcome()
        assert (outcome.state, outcome.amount_cents, outcome.transaction_id) == (State.SUCCEEDED, 3000, "m")

    def test_may_write_numbers_as_text(self) -> None:
        outcome = told(
            {**TOLD, "rc": "0", "amount": "3000", "resultPayment": "4502", "backendTxId": 77}
        ).outcome()
        assert (outcome.state, outcome.amount_cents) == (State.CANCELLED, 3000)
        assert outcome.backend_transaction_id == "77"

    def test_without_a_result_is_unknown(self) -> None:
        outcome = told({n: v for n, v in TOLD.items() if n != "resultPayment"}).outcome()
        assert (outcome.state, outcome.code) == (State.UNKNOWN, "")

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b"null", b"{}", b'{"rc":"x"}', b'{"rc":0}', b"\xff", b"[" * 100_000]
    )
    def test_that_cannot_be_read_leaves_the_outcome_unknown(self, body: bytes) -> None:
        with pytest.raises(ProviderUnavailable, match="unreadable_reply"):
            told(body)

    def test_with_an_address_that_is_none_is_unreadable(self) -> None:
        body = b'{"rc":0,"reference":"r","redirect":"javascript:alert(1)"}'
        with pytest.raises(ProviderUnavailable, match="unreadable_reply"):
            read(Begun, passphrase="secure", claimed_hash=hashes.of_bytes("secure", body), body=body)


class TestAReplyWithoutAValidHash:
    @pytest.mark.parametrize("claimed", ["", "0" * 32])
    def test_is_not_believed(self, claimed: str) -> None:
        body = json.dumps(TOLD).encode()
        with pytest.raises(ProviderUnavailable, match="unauthenticated_reply"):
            read(Told, passphrase="secure", claimed_hash=claimed, body=body)

    @pytest.mark.parametrize("rc", [5000, 5001])
    def test_is_an_alarm_where_the_provider_cannot_sign(self, rc: int) -> None:
        with pytest.raises(ProviderRefused) as raised:
            read(Told, passphrase="secure", claimed_hash="", body=json.dumps({"rc": rc}).encode())
        assert raised.value.reaction == "configuration"

    @pytest.mark.parametrize("rc", [5002, 5200, 4503])
    def test_is_no_refusal_otherwise(self, rc: int) -> None:
        with pytest.raises(ProviderUnavailable):
            read(Told, passphrase="secure", claimed_hash="", body=json.dumps({"rc": rc}).encode())
