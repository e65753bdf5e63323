"""The sandbox speaks the protocol as PayPal's own client sees it: paypal-server-sdk."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.sandbox.paypal_serving import CLIENT_ID, CLIENT_SECRET, running_paypal


@pytest.fixture(scope="module")
def told() -> Iterator[dict[str, Any]]:
    with running_paypal() as sandbox:
        script = Path(__file__).with_name("paypal_sdk_client.py")
        run = subprocess.run(
            [sys.executable, str(script), sandbox.url, CLIENT_ID, CLIENT_SECRET],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        yield json.loads(run.stdout)


class TestPayPalsOwnClient:
    @pytest.mark.parametrize(
        ("step", "expected"),
        [
            ("created", [201, "PAYER_ACTION_REQUIRED", ["self", "payer-action", "capture"]]),
            ("same order", True),
            ("early", [422, "UNPROCESSABLE_ENTITY", "ORDER_NOT_APPROVED"]),
            ("captured", ["COMPLETED", "COMPLETED", "30.00", "a1"]),
            ("fee", "1.24"),
            ("read", ["COMPLETED", "REFUNDED"]),
            ("refund", ["COMPLETED", "30.00"]),
            ("refund read", "COMPLETED"),
            ("twice", [422, "UNPROCESSABLE_ENTITY", "ORDER_ALREADY_CAPTURED"]),
            ("unknown", [404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID"]),
        ],
    )
    def test_is_understood(self, told: dict[str, Any], step: str, expected: object) -> None:
        assert told[step] == expected
