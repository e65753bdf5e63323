"""Letters: one for each step of a case, repeated when the mail server fails, never with content."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.identity.consumed import handlers
from services.identity.mail.letters import LANGUAGES, LETTERS, REASONS, TEMPLATES, address_of, written
from shared.bus.envelope import Envelope
from shared.ids import new_id
from tests.services.identity.gateway_side import Identity, new_address, text_of, token_in, until

integration = pytest.mark.integration


async def happens(identity: Identity, event: str, **data: Any) -> None:
    """A foreign event arrives and is handled."""
    envelope = Envelope(
        id=new_id(),
        source=f"portal/{event.partition('.')[0]}",
        type=f"{event}.v1",
        subject=str(new_id()),
        time=datetime.now(UTC),
        sequence=1,
        data={name: str(value) for name, value in data.items()},
        streamversion=1,
        dataschema="",
        correlationid="",
        causationid="",
        traceparent="",
    )
    unit = identity.runtime.unit_on(envelope)
    await handlers().apply(envelope, unit)
    await unit.commit()


async def wanted(identity: Identity, account_id: str) -> int:
    found: int = await identity.runtime.pool.fetchval(
        "SELECT count(*) FROM task WHERE payload->>'letter' = 'news' AND payload->>'account_id' = $1",
        account_id,
    )
    return found


@integration
class TestNews:
    async def test_tells_that_there_is_something_and_nothing_else(self, identity: Identity) -> None:
        email, case_id = new_address(), uuid4()
        account_id = await identity.confirmed(email)
        await happens(
            identity, "applications.application_rejected", account_id=account_id, case_id=case_id,
            reason="outside_zone",
        )  # fmt: skip
        mail = await identity.mailbox.last(email, 2)
        assert mail["Subject"] == "Es gibt etwas Neues in Ihrem Bürgerportal"
        assert "https://portal.test/vorgaenge" in text_of(mail)
        for secret in (str(case_id), "outside_zone", "abgelehnt", "rejected"):
            assert secret not in mail.as_string()

    async def test_comes_once_for_a_step_of_a_case(self, identity: Identity) -> None:
        account_id, case_id = await identity.confirmed(new_address()), uuid4()
        case = {"account_id": account_id, "case_id": case_id}
        await happens(identity, "documents.document_issued", kind="receipt", **case)
        assert await wanted(identity, account_id) == 0
        await happens(identity, "documents.document_issued", kind="resident_parking_permit", **case)
        await happens(identity, "applications.application_completed", **case)
        assert await wanted(identity, account_id) == 1
        await happens(identity, "applications.application_completed", account_id=account_id, case_id=uuid4())
        assert await wanted(identity, account_id) == 2

    async def test_comes_once_for_a_rejection_and_its_notice(self, identity: Identity) -> None:
        case = {"account_id": await identity.confirmed(new_address()), "case_id": uuid4()}
        await happens(identity, "applications.application_rejected", **case)
        await happens(identity, "documents.document_issued", kind="rejection_notice", **case)
        assert await wanted(identity, str(case["account_id"])) == 1

    async def test_comes_for_each_request_to_correct(self, identity: Identity) -> None:
        case = {"account_id": await identity.confirmed(new_address()), "case_id": uuid4()}
        for _ in range(2):
            await happens(identity, "applications.correction_requested", **case)
        assert await wanted(identity, str(case["account_id"])) == 2

    async def test_comes_again_when_what_was_granted_is_corrected(self, identity: Identity) -> None:
        case = {"account_id": await identity.confirmed(new_address()), "case_id": uuid4()}
        for event in ("application_completed", "approval_corrected", "application_completed"):
            await happens(identity, f"applications.{event}", **case)
        assert await wanted(identity, str(case["account_id"])) == 2

    async def test_comes_again_when_a_correction_is_awaited(self, identity: Identity) -> None:
        case = {"account_id": await identity.confirmed(new_address()), "case_id": uuid4()}
        await happens(identity, "applications.correction_requested", **case)
        await happens(identity, "applications.correction_reminded", **case)
        assert await wanted(identity, str(case["account_id"])) == 2

    async def test_comes_when_a_payer_is_reminded(self, identity: Identity) -> None:
        case = {"account_id": await identity.confirmed(new_address()), "case_id": uuid4()}
        await happens(identity, "payments.payer_reminded", **case, step="reminder")
        assert await wanted(identity, str(case["account_id"])) == 1

    async def test_comes_once_when_the_reminder_suspends_the_document(self, identity: Identity) -> None:
        case = {"account_id": await identity.confirmed(new_address()), "case_id": uuid4()}
        await happens(identity, "documents.document_suspended", **case, reason="unpaid")
        await happens(identity, "payments.payer_reminded", **case, step="reminder")
        await happens(identity, "documents.document_suspended", **case, reason="unpaid")
        assert await wanted(identity, str(case["account_id"])) == 1
        other = case | {"case_id": uuid4()}
        await happens(identity, "documents.document_suspended", **other, reason="unpaid")
        assert await wanted(identity, str(case["account_id"])) == 2

    async def test_comes_ahead_of_each_debit(self, identity: Identity) -> None:
        case = {"account_id": await identity.confirmed(new_address()), "case_id": uuid4()}
        for _ in range(2):
            await happens(identity, "payments.debit_announced", **case)
        assert await wanted(identity, str(case["account_id"])) == 2

    async def test_comes_once_when_instalments_are_the_payers_again(self, identity: Identity) -> None:
        case = {"account_id": await identity.confirmed(new_address()), "case_id": uuid4()}
        for _ in range(3):
            await happens(identity, "payments.debit_arrangement_ended", **case)
        assert await wanted(identity, str(case["account_id"])) == 1

    async def test_goes_to_nobody_once_the_citizen_is_erased(self, identity: Identity) -> None:
        email = new_address()
        account_id = await identity.confirmed(email)
        await identity.runtime.keys.destroy(UUID(account_id))
        await happens(identity, "applications.application_completed", account_id=account_id, case_id=uuid4())
        await until(lambda: done(identity, account_id))
        assert len(identity.mailbox.sent_to(email)) == 1


@integration
class TestMoney:
    async def test_about_to_be_late_is_reminded_of_with_its_day(self, identity: Identity) -> None:
        email, case = new_address(), {"case_id": uuid4(), "pay_by": "2026-12-15"}
        case["account_id"] = await identity.confirmed(email)
        for _ in range(2):  # told twice
            await happens(identity, "applications.fee_reminded", **case)
        mail = await identity.mailbox.last(email, 2)
        assert mail["Subject"] == "Bitte denken Sie an die Gebühr für Ihren Antrag"
        assert "bis zum 15.12.2026" in " ".join(text_of(mail).split())
        assert str(case["case_id"]) not in mail.as_string()
        assert await letters(identity, case) == ["fee_reminder"]
        await happens(identity, "applications.fee_reminded", **{**case, "pay_by": "2026-12-22"})
        assert await letters(identity, case) == ["fee_reminder"] * 2

    async def test_that_came_in_part_is_told_once_with_the_day_for_the_rest(self, identity: Identity) -> None:
        email, case = new_address(), {"case_id": uuid4(), "payment_id": uuid4(), "pay_by": "2026-12-06"}
        case["account_id"] = await identity.confirmed(email)
        for _ in range(2):
            await happens(identity, "applications.rest_awaited", **case)
        mail = await identity.mailbox.last(email, 2)
        assert mail["Subject"] == "Ein Teil der Gebühr fehlt noch"
        assert "den Rest bis zum 06.12.2026, sonst" in " ".join(text_of(mail).split())
        assert await letters(identity, case) == ["part_received"]

    async def test_not_paid_in_time_ends_with_a_word(self, identity: Identity) -> None:
        email, case = new_address(), {"case_id": uuid4(), "reason": "unpaid"}
        case["account_id"] = await identity.confirmed(email)
        for _ in range(2):
            await happens(identity, "applications.application_expired", **case)
        mail = await identity.mailbox.last(email, 2)
        assert mail["Subject"] == "Ihr Antrag ist verfallen"
        assert "wird nichts mehr abgebucht" in " ".join(text_of(mail).split())
        assert "https://portal.test/" in text_of(mail).split()
        assert await letters(identity, case) == ["application_expired"]

    async def test_that_went_back_says_once_what_to_do(self, identity: Identity) -> None:
        email, case = new_address(), {"case_id": uuid4(), "payment_id": uuid4(), "owed_cents": 3060}
        case["account_id"] = await identity.confirmed(email)
        for _ in range(2):
            await happens(identity, "payments.payment_reversed", **case, concern="citizen_objected")
        text = " ".join(text_of(await identity.mailbox.last(email, 2)).split())
        assert "Der Lastschrift wurde widersprochen." in text
        assert "3060" not in text
        assert "30,60" not in text
        assert await letters(identity, case) == ["payment_returned"]

    async def test_that_went_back_and_is_not_owed_is_no_matter(self, identity: Identity) -> None:
        case = {"account_id": await identity.confirmed(new_address()), "case_id": uuid4()}
        await happens(identity, "payments.payment_reversed", **case, payment_id=uuid4(), owed_cents=0)
        assert await letters(identity, case) == []

    async def test_that_the_bank_did_not_debit_is_told_as_well(self, identity: Identity) -> None:
        email, debit_id = new_address(), uuid4()
        case = {"account_id": await identity.confirmed(email), "case_id": uuid4(), "debit_id": debit_id}
        for _ in range(2):
            await happens(identity, "payments.debit_rejected", **case, concern="citizen_gives_account")
        text = " ".join(text_of(await identity.mailbox.last(email, 2)).split())
        assert "mit einer Lastschrift von einem anderen Konto" in text
        assert await letters(identity, case) == ["payment_returned"]

    async def test_that_is_debited_later_is_announced_anew_with_its_day(self, identity: Identity) -> None:
        email, debit_id = new_address(), uuid4()
        case = {"account_id": await identity.confirmed(email), "case_id": uuid4(), "debit_id": debit_id}
        for _ in range(2):
            await happens(identity, "payments.debit_put_off", **case, due="2026-12-15")
        mail = await identity.mailbox.last(email, 2)
        assert mail["Subject"] == "Die angekündigte Abbuchung verschiebt sich"
        assert "Wir buchen jetzt am 15.12.2026 von Ihrem Konto ab." in " ".join(text_of(mail).split())
        assert await letters(identity, case) == ["debit_put_off"]
        await happens(identity, "payments.debit_put_off", **case, due="2026-12-16")
        assert await letters(identity, case) == ["debit_put_off"] * 2

    async def test_of_a_payer_who_has_died_is_told_to_nobody(self, identity: Identity) -> None:
        case = {"account_id": await identity.confirmed(new_address()), "case_id": uuid4()}
        back = {**case, "payment_id": uuid4(), "owed_cents": 3060}
        await happens(identity, "payments.payment_reversed", **back, concern="estate")
        await happens(identity, "payments.debit_rejected", **case, debit_id=uuid4(), concern="estate")
        await happens(identity, "payments.debit_arrangement_ended", **case, reason="payer_died")
        assert await letters(identity, case) == []


async def letters(identity: Identity, case: dict[str, Any]) -> list[str]:
    rows = await identity.runtime.pool.fetch(
        "SELECT payload->>'letter' AS letter FROM task WHERE kind = 'send_mail'"
        " AND payload->>'account_id' = $1 AND payload->>'letter' <> 'confirmation'",
        str(case["account_id"]),
    )
    return [row["letter"] for row in rows]


async def done(identity: Identity, account_id: str) -> Any:
    return await identity.runtime.pool.fetchval(
        "SELECT done_at FROM task WHERE payload->>'letter' = 'news' AND payload->>'account_id' = $1",
        account_id,
    )


@integration
class TestTheMailServer:
    async def test_is_asked_again_with_the_same_letter(self, identity: Identity) -> None:
        email = new_address()
        identity.mailbox.answers[:] = ["451 later", "452 later still"]
        await identity.register(email)
        for _ in range(2):
            await until(lambda: refused_once_more(identity))
            identity.clock.advance(timedelta(seconds=10))
        mail = await identity.mailbox.last(email)
        task_id = await identity.runtime.pool.fetchval(
            "SELECT task_id FROM task WHERE kind = 'send_mail' AND tries = 3"
        )
        assert mail["Message-ID"] == f"<{task_id}@lindenau.example>"
        answer = await identity.confirm(token_in(mail))
        assert answer.status_code == 200

    async def test_is_left_alone_after_a_final_refusal_of_the_recipient(self, identity: Identity) -> None:
        email = new_address()
        identity.mailbox.refused.add(email)
        await identity.register(email)
        error = await until(lambda: failure_of(identity))
        assert "does not take this recipient" in error
        assert email not in error


async def refused_once_more(identity: Identity) -> Any:
    return await identity.runtime.pool.fetchval(
        "SELECT 1 FROM task WHERE kind = 'send_mail' AND done_at IS NULL AND lease IS NULL AND due_at > $1",
        identity.clock.now(),
    )


async def failure_of(identity: Identity) -> Any:
    return await identity.runtime.pool.fetchval(
        "SELECT last_error FROM task WHERE kind = 'send_mail' AND failed_at IS NOT NULL"
    )


class TestALetter:
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("reason", [*REASONS, "from_a_later_release"])
    def test_says_what_to_do_by_the_banks_reason(self, reason: str, language: str) -> None:
        mail = written(
            "payment_returned", language, link="L", hours=24, sender="portal@lindenau.example",
            to="ada@example.org", message_id="<1@x>", at=datetime(2026, 11, 22, tzinfo=UTC), reason=reason,
        )  # fmt: skip
        text = text_of(mail)
        known = reason if reason in REASONS else "citizen_pays"
        assert (TEMPLATES / "reasons" / f"{known}.{language}.txt").read_text() in text
        assert max(len(line) for line in text.splitlines()) <= 80

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("letter", LETTERS)
    def test_is_written_in_each_language(self, letter: Any, language: str) -> None:
        link = address_of(letter, "https://portal.test/", language, "T")
        mail = written(
            letter, language, link=link, hours=24, sender="portal@lindenau.example", to="ada@example.org",
            message_id="<1@x>", at=datetime(2026, 11, 22, tzinfo=UTC),
        )  # fmt: skip
        text = text_of(mail)
        assert link in text
        assert "$" not in text
        assert 10 < len(mail["Subject"]) < 78
        assert max(len(line) for line in text.splitlines()) <= 80
        assert mail["Auto-Submitted"] == "auto-generated"
        assert ("/en/" in link) == (language == "en")
