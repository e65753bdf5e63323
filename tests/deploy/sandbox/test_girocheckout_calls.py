import uuid
from typing import Any

import httpx
import pytest

from deploy.local.sandbox.girocheckout import protocol
from tests.deploy.sandbox.serving import MERCHANT, PASSPHRASES, PROJECTS, Sandbox, Shop

START = {
    "amount": "3000",
    "currency": "EUR",
    "purpose": "Bewohnerparken",
    "urlRedirect": "https://shop.example/back",
    "urlNotify": "https://shop.example/notify",
}


def form(order: str, method: str, values: dict[str, str]) -> dict[str, str]:
    project = PROJECTS[method]
    values = {"merchantId": str(MERCHANT), "projectId": str(project), **values}
    fields = {name: values[name] for name in order.split() if values.get(name)}
    return {**fields, "hash": protocol.sign(PASSPHRASES[str(project)], "".join(fields.values()).encode())}


def call(sandbox: Sandbox, path: str, order: str, method: str = "card", **values: str) -> dict[str, Any]:
    """The verified reply to a signed call."""
    response = httpx.post(sandbox.api + path, data=form(order, method, values), trust_env=False)
    signature = protocol.sign(PASSPHRASES[str(PROJECTS[method])], response.content)
    assert response.headers["hash"] == signature
    return dict(response.json())


def start(sandbox: Sandbox, **changes: str) -> dict[str, Any]:
    values = {**START, "merchantTxId": uuid.uuid4().hex, **changes}
    return call(sandbox, "transaction/start", protocol.CARD, **values)


def paid(sandbox: Sandbox, **values: str) -> str:
    reference = str(start(sandbox, **values)["reference"])
    sandbox.decide(reference)
    return reference


class TestAStart:
    def test_opens_a_transaction_and_books_nothing(self, sandbox: Sandbox) -> None:
        reply = start(sandbox)
        assert reply["redirect"] == f"{sandbox.url}/bank/{reply['reference']}"
        assert (sandbox.transaction(reply["reference"])["state"], sandbox.book()["entries"]) == ("open", [])

    @pytest.mark.parametrize(
        ("change", "rc"),
        [
            ({"merchantTxId": "mit-strich"}, 5022),
            ({"amount": "0"}, 5030),
            ({"amount": "30.00"}, 5030),
            ({"currency": "Euro"}, 5033),
            ({"purpose": "x" * 28}, 5023),
            ({"kassenzeichen": "9" * 256}, 5116),
            ({"urlRedirect": "/back"}, 5055),
            ({"urlNotify": "ftp://shop.example"}, 5056),
            ({"purpose": ""}, 5003),
            ({"urlNotify": ""}, 5003),
        ],
    )
    def test_is_refused_with_the_documented_code(
        self, sandbox: Sandbox, change: dict[str, str], rc: int
    ) -> None:
        assert start(sandbox, **change)["rc"] == rc
        assert sandbox.book()["transactions"] == []

    def test_of_a_used_merchant_id_is_a_duplicate(self, sandbox: Sandbox) -> None:
        assert start(sandbox, merchantTxId="a1")["rc"] == 0
        assert start(sandbox, merchantTxId="a1")["rc"] == 4503

    def test_may_come_as_multipart(self, sandbox: Sandbox) -> None:
        signed = form(protocol.CARD, "card", {**START, "merchantTxId": "a1"})
        files = {name: (None, value) for name, value in signed.items()}
        assert httpx.post(sandbox.api + "transaction/start", files=files, trust_env=False).json()["rc"] == 0

    def test_may_carry_fields_the_hash_does_not_cover(self, sandbox: Sandbox) -> None:
        signed = {**form(protocol.CARD, "card", {**START, "merchantTxId": "a1"}), "sourceId": "sdk"}
        assert httpx.post(sandbox.api + "transaction/start", data=signed, trust_env=False).json()["rc"] == 0


class TestAnUnauthenticCall:
    @pytest.mark.parametrize("change", [{"amount": "1"}, {"hash": "0" * 32}, {"hash": ""}, {"hash": "ä"}])
    def test_is_refused_with_5002(self, sandbox: Sandbox, change: dict[str, str]) -> None:
        signed = form(protocol.CARD, "card", {**START, "merchantTxId": "a1"}) | change
        assert (
            httpx.post(sandbox.api + "transaction/start", data=signed, trust_env=False).json()["rc"] == 5002
        )

    @pytest.mark.parametrize("change", [{"projectId": "99"}, {"projectId": "x"}, {"merchantId": "1"}])
    def test_of_a_stranger_is_refused_without_a_signature(
        self, sandbox: Sandbox, change: dict[str, str]
    ) -> None:
        signed = form(protocol.CARD, "card", {**START, "merchantTxId": "a1"}) | change
        reply = httpx.post(sandbox.api + "transaction/start", data=signed, trust_env=False)
        assert (reply.json()["rc"], "hash" in reply.headers) == (5000, False)


class TestAStatus:
    def test_of_another_project_is_unknown(self, sandbox: Sandbox) -> None:
        reference = paid(sandbox)
        reply = call(sandbox, "transaction/status", protocol.STATUS, "wero", reference=reference)
        assert reply["rc"] == 5034

    def test_tells_what_was_booked(self, sandbox: Sandbox) -> None:
        reply = call(sandbox, "transaction/status", protocol.STATUS, reference=paid(sandbox))
        assert (reply["rc"], reply["amount"], reply["currency"], reply["resultPayment"]) == (
            0,
            3000,
            "EUR",
            4000,
        )


class TestARefund:
    def refund(self, sandbox: Sandbox, reference: str, amount: str) -> dict[str, Any]:
        values = {"merchantTxId": uuid.uuid4().hex, "amount": amount, "currency": "EUR"}
        return call(sandbox, "transaction/refund", protocol.REFUND, reference=reference, **values)

    def test_gives_part_back_until_nothing_is_left(self, sandbox: Sandbox) -> None:
        reference = paid(sandbox)
        first = self.refund(sandbox, reference, "1000")
        assert (first["rc"], first["referenceParent"], first["resultPayment"]) == (0, reference, 4000)
        assert self.refund(sandbox, reference, "2001")["rc"] == 5030
        assert self.refund(sandbox, reference, "2000")["rc"] == 0
        assert [entry["amount_cents"] for entry in sandbox.book()["entries"]] == [3000, -1000, -2000]
        assert sandbox.book()["balance_cents"] == 0

    def test_stands_on_the_statement_under_the_kassenzeichen_of_the_sale(self, sandbox: Sandbox) -> None:
        self.refund(sandbox, paid(sandbox, kassenzeichen="4711000001"), "1000")
        call(sandbox, "transaction/void", protocol.VOID, reference=paid(sandbox, kassenzeichen="4711000002"),
             merchantTxId=uuid.uuid4().hex)  # fmt: skip
        told = [(entry["text"], entry["amount_cents"]) for entry in sandbox.book()["entries"]]
        assert told == [
            ("4711000001", 3000), ("4711000001", -1000), ("4711000002", 3000), ("4711000002", -3000),
        ]  # fmt: skip

    def test_of_what_is_not_paid_is_refused(self, sandbox: Sandbox) -> None:
        assert self.refund(sandbox, str(start(sandbox)["reference"]), "1000")["rc"] == 5086

    def test_of_a_refund_is_refused(self, sandbox: Sandbox) -> None:
        given = self.refund(sandbox, paid(sandbox), "1000")
        assert self.refund(sandbox, given["reference"], "500")["rc"] == 5086


class TestAVoid:
    def test_gives_everything_back_once(self, sandbox: Sandbox) -> None:
        reference = paid(sandbox)
        first = call(sandbox, "transaction/void", protocol.VOID, merchantTxId="v1", reference=reference)
        again = call(sandbox, "transaction/void", protocol.VOID, merchantTxId="v2", reference=reference)
        assert (first["rc"], again["rc"], sandbox.book()["balance_cents"]) == (0, 5030, 0)


class TestADirectDebitWithoutForm:
    def debit(self, sandbox: Sandbox, iban: str, **more: str) -> dict[str, Any]:
        values = {"merchantTxId": "d1", "amount": "3000", "currency": "EUR", "purpose": "Hundesteuer", **more}
        path, order = "transaction/payment", protocol.DEBIT_DIRECT
        return call(sandbox, path, order, "direct_debit", iban=iban, **values)

    @pytest.mark.parametrize("iban", ["DE87123456781234567890", "DE89370400440532013000"])
    def test_is_paid_at_once_and_announced(self, sandbox: Sandbox, shop: Shop, iban: str) -> None:
        reply = self.debit(sandbox, iban, urlNotify=f"{shop.url}/notify")
        assert (reply["rc"], reply["resultPayment"], sandbox.book()["balance_cents"]) == (0, 4000, 3000)
        assert reply["reference"].encode() in shop.wait(1)[0]

    @pytest.mark.parametrize("iban", ["DE23690516200012345600", "DE00370400440532013000", "DE", "??"])
    def test_of_a_bad_iban_is_refused(self, sandbox: Sandbox, iban: str) -> None:
        assert self.debit(sandbox, iban)["rc"] == 5027


class TestTheControl:
    @pytest.mark.parametrize(
        "data",
        [{}, {"fault": "explode"}, {"fault": "late", "seconds": "soon"}, {"fault": "late", "count": "x"}],
    )
    def test_refuses_an_unknown_fault(self, sandbox: Sandbox, data: dict[str, object]) -> None:
        assert sandbox.http.post("/sandbox/faults", json=data).status_code == 400

    def test_plays_faults_in_the_order_told_and_then_behaves(self, sandbox: Sandbox) -> None:
        sandbox.tell("fail", count=2)
        sandbox.tell("cancel")
        states = [sandbox.decide(str(start(sandbox)["reference"]))["state"] for _ in range(4)]
        assert states == ["failed", "failed", "cancelled", "paid"]

    def test_can_change_one_transaction(self, sandbox: Sandbox) -> None:
        first, second = (str(start(sandbox)["reference"]) for _ in range(2))
        sandbox.tell("timeout", reference=second)
        assert [sandbox.decide(r)["state"] for r in (first, second)] == ["paid", "expired"]

    def test_forgets_on_request(self, sandbox: Sandbox) -> None:
        sandbox.tell("fail", count=3)
        sandbox.forget()
        assert sandbox.http.get("/sandbox/faults").json() == {"faults": []}

    def test_lets_a_payer_decide_once(self, sandbox: Sandbox) -> None:
        reference = paid(sandbox)
        again = sandbox.http.post(f"/sandbox/transactions/{reference}/decide", json={"outcome": "cancel"})
        assert (again.status_code, again.json()["state"]) == (409, "paid")
        assert len(sandbox.book()["entries"]) == 1

    @pytest.mark.parametrize(("body", "status"), [(b"{", 400), (b"[]", 400), (b'{"outcome":"steal"}', 400)])
    def test_refuses_a_decision_it_cannot_read(self, sandbox: Sandbox, body: bytes, status: int) -> None:
        path = f"/sandbox/transactions/{start(sandbox)['reference']}/decide"
        assert sandbox.http.post(path, content=body).status_code == status
