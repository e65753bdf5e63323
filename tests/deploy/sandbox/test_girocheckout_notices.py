from pathlib import Path

from tests.deploy.sandbox.serving import Sandbox, Shop, running_sandbox, running_shop
from tests.deploy.sandbox.test_girocheckout_calls import start


def opened(sandbox: Sandbox, shop: Shop) -> str:
    return str(start(sandbox, urlNotify=f"{shop.url}/notify?mine=1")["reference"])


class TestANotification:
    def test_keeps_what_was_on_the_address(self, sandbox: Sandbox, shop: Shop) -> None:
        sandbox.decide(opened(sandbox, shop))
        assert shop.wait(1)[0].startswith(b"mine=1&gcReference=")

    def test_is_repeated_until_it_is_taken(self, sandbox: Sandbox, shop: Shop) -> None:
        shop.answers = [503, 500, 200]
        sandbox.decide(opened(sandbox, shop))
        [notice] = sandbox.settled_notices()
        assert (notice["tries"], notice["answer"]) == (3, 200)
        assert len(shop.heard) == 3
        assert len(set(shop.heard)) == 1

    def test_is_not_repeated_after_400(self, sandbox: Sandbox, shop: Shop) -> None:
        shop.answers = [400]
        sandbox.decide(opened(sandbox, shop))
        sandbox.settled_notices()
        assert len(shop.heard) == 1

    def test_is_given_up_after_ten_repeats(self, sandbox: Sandbox, shop: Shop) -> None:
        shop.answers = [503] * 20
        sandbox.decide(opened(sandbox, shop))
        sandbox.settled_notices()
        assert len(shop.heard) == 11

    def test_is_sent_after_a_restart(self, tmp_path: Path) -> None:
        with running_shop() as shop:
            shop.answers = [503]
            with running_sandbox(tmp_path, retry_seconds=1.0) as sandbox:
                reference = opened(sandbox, shop)
                sandbox.decide(reference)
                shop.wait(1)
            with running_sandbox(tmp_path, retry_seconds=1.0) as sandbox:
                shop.wait(2)
                assert sandbox.transaction(reference)["state"] == "paid"
                assert sandbox.book()["balance_cents"] == 3000

    def test_that_is_late_does_not_hold_up_another(self, sandbox: Sandbox, shop: Shop) -> None:
        sandbox.tell("late", seconds=1.0)
        late, prompt = opened(sandbox, shop), opened(sandbox, shop)
        sandbox.decide(late)
        sandbox.decide(prompt)
        first, second = shop.wait(2)
        assert prompt.encode() in first
        assert late.encode() in second
