import datetime as dt
import smtplib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.mailbox.faults import FaultScript
from deploy.local.mailbox.store import MailStore
from deploy.local.ports import free_port
from deploy.local.processes import Process, Supervisor, answers_http
from deploy.local.services import inherited

LINK = "http://127.0.0.1:8080/bestaetigen/a-b_c?x=1&y=2"
NOW = dt.datetime(2026, 11, 1, 12, 0, tzinfo=dt.UTC)


def mail(
    to: str, subject: str = "Bestätigen Sie Ihre Adresse", text: str = f"Guten Tag,\n{LINK}.\n"
) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "portal@lindenau.example", to, subject
    message.set_content(text)
    return message


@dataclass
class Mailbox:
    web: httpx.Client
    smtp_port: int

    def send(self, message: EmailMessage, timeout: float = 5) -> None:
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=timeout) as client:
            client.send_message(message)

    def messages(self, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.web.get("/api/messages", params=query).json()["messages"]
        return found


@contextmanager
def running(folder: Path) -> Iterator[Mailbox]:
    port, smtp_port = free_port(), free_port()
    told = {"PORTAL_PORT": port, "PORTAL_SMTP_PORT": smtp_port, "PORTAL_MAILBOX_DIR": folder / "mails"}
    environment = inherited() | {name: str(value) for name, value in told.items()}
    supervisor = Supervisor(folder)
    command = [sys.executable, "-m", "deploy.local.mailbox"]
    try:
        supervisor.start(Process("mailbox", command, environment, answers_http(port)))
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as web:
            yield Mailbox(web, smtp_port)
    finally:
        supervisor.stop()


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    with running(tmp_path_factory.mktemp("mailbox")) as started:
        yield started


class TestACaughtMail:
    def test_is_found_by_its_recipient(self, mailbox: Mailbox) -> None:
        mailbox.send(mail("erika@example.org"))
        (found,) = mailbox.messages(to="Erika@Example.org")
        assert found["subject"] == "Bestätigen Sie Ihre Adresse"
        assert found["from"] == "portal@lindenau.example"
        assert found["links"] == [LINK]
        assert mailbox.web.get(f"/api/messages/{found['id']}").json() == found

    def test_is_found_after_an_earlier_one(self, mailbox: Mailbox) -> None:
        for subject in ("one", "two"):
            mailbox.send(mail("max@example.org", subject))
        first, second = mailbox.messages(to="max@example.org")
        assert mailbox.messages(to="max@example.org", after=first["id"]) == [second]

    def test_shows_on_a_page_with_its_link(self, mailbox: Mailbox) -> None:
        mailbox.send(mail("page@example.org", "Seite"))
        (found,) = mailbox.messages(to="page@example.org")
        assert f'href="/mail/{found["id"]}">Seite' in mailbox.web.get("/").text
        page = mailbox.web.get(f"/mail/{found['id']}").text
        assert 'href="http://127.0.0.1:8080/bestaetigen/a-b_c?x=1&amp;y=2"' in page

    def test_runs_nothing_of_its_own(self, mailbox: Mailbox) -> None:
        hostile = '<script>alert(1)</script> <a href="javascript:1">x</a> http://x/"onmouseover="y'
        mailbox.send(mail("hostile@example.org", hostile, hostile))
        (found,) = mailbox.messages(to="hostile@example.org")
        page = mailbox.web.get(f"/mail/{found['id']}")
        assert "<script" not in page.text
        assert 'href="javascript' not in page.text
        assert '"onmouseover' not in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]

    def test_survives_a_restart(self, tmp_path: Path) -> None:
        with running(tmp_path) as before:
            before.send(mail("late@example.org"))
            sent = before.messages()
        with running(tmp_path) as after:
            assert after.messages() == sent


class TestAWrongRequest:
    def test_for_no_mail_finds_none(self, mailbox: Mailbox) -> None:
        assert mailbox.web.get("/api/messages/999999").status_code == 404
        assert mailbox.web.get("/api/messages", params={"after": "x"}).status_code == 400

    @pytest.mark.parametrize("wish", [{"mode": "explode"}, {"mode": "refuse", "count": 0}, {}])
    def test_for_an_unknown_fault_changes_nothing(self, mailbox: Mailbox, wish: dict[str, Any]) -> None:
        assert mailbox.web.post("/faults", json=wish).status_code == 422
        mailbox.send(mail("unchanged@example.org"))

    def test_that_a_form_could_send_is_refused(self, mailbox: Mailbox) -> None:
        assert mailbox.web.post("/faults", data={"mode": "refuse"}).status_code == 415


class TestTheFaultScript:
    def test_refuses_so_many_then_takes(self, mailbox: Mailbox) -> None:
        mailbox.web.post("/faults", json={"mode": "refuse", "count": 1})
        with pytest.raises(smtplib.SMTPDataError, match="451"):
            mailbox.send(mail("refused@example.org"))
        mailbox.send(mail("refused@example.org"))
        assert len(mailbox.messages(to="refused@example.org")) == 1

    def test_hangs_beyond_a_clients_patience(self, mailbox: Mailbox) -> None:
        mailbox.web.post("/faults", json={"mode": "hang", "count": 1})
        with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
            mailbox.send(mail("hanging@example.org"), timeout=0.5)
        assert mailbox.messages(to="hanging@example.org") == []

    def test_lasts_until_changed_without_a_count(self) -> None:
        script = FaultScript("refuse")
        assert [script.next() for _ in range(3)] == ["refuse"] * 3


class TestTheStore:
    @pytest.fixture
    def fill(self, tmp_path: Path) -> Callable[[int], MailStore]:
        def filled(count: int) -> MailStore:
            store = MailStore(tmp_path, kept=3)
            for number in range(count):
                store.add(NOW, "a@b.example", [f"{number}@b.example"], bytes(mail("x@b.example")))
            return store

        return filled

    def test_keeps_only_the_newest(self, fill: Callable[[int], MailStore], tmp_path: Path) -> None:
        assert [one.id for one in fill(5).find()] == [3, 4, 5]
        assert len(list(tmp_path.iterdir())) == 3

    def test_never_uses_an_id_twice(self, fill: Callable[[int], MailStore], tmp_path: Path) -> None:
        fill(5)
        again = MailStore(tmp_path, kept=3).add(NOW, "a@b.example", ["c@b.example"], b"Subject: x\r\n\r\ny")
        assert again.id == 6
