"""The sandbox speaks the protocol as a client sees it that we did not write: django-girosolution 1.1."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy.local.sandbox.girocheckout.app import create_app
from tests.deploy.sandbox.serving import PROJECTS, settings
from tests.serving import serving


@pytest.fixture(scope="module", params=["v2", "api/v2"], ids=["generation 2", "generation 1"])
def told(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    bank = settings(tmp_path_factory.mktemp("bank"))
    # This client reads the age check from every status reply and fails without one.
    checked = {number: replace(project, age_check=True) for number, project in bank.projects.items()}
    with serving(create_app(replace(bank, projects=checked))) as url:
        script = Path(__file__).with_name("foreign_client.py")
        run = subprocess.run(
            [sys.executable, str(script), f"{url}/girocheckout/{request.param}/", url],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        yield json.loads(run.stdout)


class TestTheForeignClient:
    @pytest.mark.parametrize("walk", ["card paid", "card cancelled", "wero paid"])
    def test_starts(self, told: dict[str, Any], walk: str) -> None:
        assert told[walk]["rc"] == 0
        assert "/bank/" in told[walk]["redirect"]

    @pytest.mark.parametrize(
        ("walk", "result"), [("card paid", 4000), ("card cancelled", 4502), ("wero paid", 4000)]
    )
    def test_reads_the_status(self, told: dict[str, Any], walk: str, result: int) -> None:
        assert (told[walk]["status_updated"], told[walk]["status_result"]) == (True, result)

    # It answers 400 to a verified notification of anything but success; the return shows that it was read.
    @pytest.mark.parametrize(
        ("walk", "status", "back", "valid"),
        [
            ("card paid", 200, "/paid", True),
            ("wero paid", 200, "/paid", True),
            ("card cancelled", 400, "/not-paid", False),
        ],
    )
    def test_verifies_notification_and_return(
        self, told: dict[str, Any], walk: str, status: int, back: str, valid: bool
    ) -> None:
        seen = told[walk]
        assert (seen["notify"], seen["return"], seen["valid_payment"]) == (status, back, valid)

    @pytest.mark.parametrize("walk", ["card paid", "wero paid"])
    def test_rejects_an_altered_notification(self, told: dict[str, Any], walk: str) -> None:
        assert told[walk]["notify_altered"] == 400

    def test_opens_a_payment_page(self, told: dict[str, Any]) -> None:
        assert (told["page"]["rc"], told["page"]["notify"]) == (0, 200)

    def test_lists_the_projects_of_the_page(self, told: dict[str, Any]) -> None:
        assert told["projects"] == [n for method, n in PROJECTS.items() if method != "payment_page"]
