import json
from pathlib import Path

from tests.deploy.sandbox.paypal_serving import Listener, PayPalSandbox, running_listener, running_paypal
from tests.deploy.sandbox.test_paypal_calls import ORDERS, captured, created, post


def kinds(listener: Listener, count: int) -> list[str]:
    return [json.loads(body)["event_type"] for _, body in listener.wait(count)]


class TestAWebhook:
    def test_tells_each_step(self, paypal: PayPalSandbox, listener: Listener) -> None:
        paypal.send_to(listener.url)
        capture = captured(paypal)
        post(paypal, f"/v2/payments/captures/{capture}/refund").raise_for_status()
        assert set(kinds(listener, 3)) == {
            "CHECKOUT.ORDER.APPROVED",
            "PAYMENT.CAPTURE.COMPLETED",
            "PAYMENT.CAPTURE.REFUNDED",
        }

    def test_is_repeated_with_one_event_id_until_it_is_taken(
        self, paypal: PayPalSandbox, listener: Listener
    ) -> None:
        listener.answers = [503, 400, 204]
        paypal.send_to(listener.url)
        paypal.decide(created(paypal))
        paypal.settled_webhooks()
        assert len(listener.heard) == 3
        assert len({json.loads(body)["id"] for _, body in listener.heard}) == 1

    def test_is_given_up_after_25_repeats(self, paypal: PayPalSandbox, listener: Listener) -> None:
        listener.answers = [503] * 40
        paypal.send_to(listener.url)
        paypal.decide(created(paypal))
        paypal.settled_webhooks()
        assert len(listener.heard) == 26

    def test_is_sent_after_a_restart(self, tmp_path: Path) -> None:
        with running_paypal(tmp_path) as first:
            order = created(first)
            first.decide(order)
        with running_listener() as listener, running_paypal(tmp_path, webhook_url=listener.url) as second:
            assert kinds(listener, 1) == ["CHECKOUT.ORDER.APPROVED"]
            post(second, f"{ORDERS}/{order}/capture").raise_for_status()
            assert second.book()["balance_cents"] == 3000

    def test_can_be_verified_by_asking(self, paypal: PayPalSandbox, listener: Listener) -> None:
        paypal.send_to(listener.url)
        paypal.decide(created(paypal))
        headers, body = listener.wait(1)[0]
        question = {
            "transmission_id": headers["paypal-transmission-id"],
            "transmission_time": headers["paypal-transmission-time"],
            "transmission_sig": headers["paypal-transmission-sig"],
            "webhook_id": "8PT597110X687430LKGECATA",
            "webhook_event": json.loads(body),
        }
        path = "/v1/notifications/verify-webhook-signature"
        changes: list[dict[str, object]] = [
            {}, {"webhook_id": "X"}, {"webhook_event": {}}, {"transmission_id": "X"},
        ]  # fmt: skip
        said = [
            post(paypal, path, {**question, **change}).json()["verification_status"] for change in changes
        ]
        assert said == ["SUCCESS", "FAILURE", "FAILURE", "FAILURE"]
