import pytest

from deploy.local.sandbox.girocheckout import protocol as bank
from services.payments.providers.girocheckout import fields, hashes
from services.payments.providers.port import Method


class TestTheOrderOfFields:
    @pytest.mark.parametrize("method", sorted(set(Method) - {Method.TRANSFER}))
    def test_at_start_is_the_one_the_bank_documents(self, method: Method) -> None:
        documented = bank.PAGE if method is Method.PAYMENT_PAGE else bank.START[method.value]
        assert fields.START[method] == tuple(documented.split())

    def test_of_the_other_calls_is_documented_too(self) -> None:
        assert tuple(bank.STATUS.split()) == fields.STATUS
        assert tuple(bank.VOID.split()) == fields.VOID
        assert tuple(bank.DEBIT_DIRECT.split()) == fields.DEBIT_WITHOUT_FORM
        assert fields.REFUND[Method.CARD] == tuple(bank.REFUND.split())
        assert fields.REFUND[Method.PAYMENT_PAGE] == tuple(bank.REFUND_PAGE.split())

    def test_names_no_field_twice(self) -> None:
        for order in (*fields.START.values(), fields.DEBIT_WITHOUT_FORM, fields.NOTIFY, fields.NOTIFY_PAGE):
            assert len(order) == len(set(order))

    def test_of_a_card_start_in_full(self) -> None:
        assert fields.START[Method.CARD] == (
            *("merchantId", "projectId", "merchantTxId", "amount", "currency", "purpose", "type", "locale"),
            *("mobile", "pkn", "recurring", "indicator", "urlRedirect", "urlNotify", "tds2Address"),
            *("tds2Postcode", "tds2City", "tds2Country", "tds2Optional", "kassenzeichen", "pptoken"),
        )


class TestASignedForm:
    def test_follows_the_order_not_the_caller(self) -> None:
        form = fields.signed("secure", fields.VOID, {"reference": "r", "merchantId": "1", "projectId": "2"})
        assert list(form) == ["merchantId", "projectId", "reference", "hash"]
        assert form["hash"] == hashes.of_bytes("secure", b"12r")

    def test_leaves_empty_values_out(self) -> None:
        form = fields.signed("secure", fields.STATUS, {"merchantId": "1", "reference": "", "projectId": "2"})
        assert "reference" not in form

    def test_refuses_a_field_the_call_does_not_have(self) -> None:
        with pytest.raises(KeyError, match="amount"):
            fields.signed("secure", fields.STATUS, {"amount": "3000"})
