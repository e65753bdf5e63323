"""Log lines are JSON, carry ids, and never hold personal data, whoever wrote them."""

import asyncio
import io
import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import structlog

from shared.observe.logs import configure_logging
from shared.observe.tracing import configure_tracing, span_from

CANARY = "Kanarienvogel"
MAIL = f"anna.{CANARY}@example.org"
CASE = UUID("01890000-0000-7000-8000-000000000001")


class Talkative:
    """An object whose repr quotes what it holds."""

    def __repr__(self) -> str:
        return CANARY


Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    before = logging.getLogger().handlers[:], logging.getLogger().level
    stream = io.StringIO()
    configure_logging("lamps", "info", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.captureWarnings(False)
    logging.getLogger().handlers[:], level = before
    logging.getLogger().setLevel(level)
    structlog.reset_defaults()


class TestALine:
    def test_says_who_when_and_what(self, lines: Lines) -> None:
        structlog.get_logger("cases").info(
            "case_opened", case_id=CASE, amount_cents=3070, due=datetime(2026, 3, 1, tzinfo=UTC)
        )
        [line] = lines()
        assert (line["service"], line["level"], line["logger"]) == ("lamps", "info", "cases")
        assert (line["event"], line["case_id"], line["amount_cents"]) == ("case_opened", str(CASE), 3070)
        assert datetime.fromisoformat(line["timestamp"]).utcoffset() is not None

    def test_carries_what_is_bound_and_the_trace(self, lines: Lines) -> None:
        configure_tracing("test")
        trace = "0af7651916cd43dd8448eb211c80319c"
        with (
            structlog.contextvars.bound_contextvars(request_id="r1", correlation="c1"),
            span_from(f"00-{trace}-b7ad6b7169203331-01", "work"),
        ):
            structlog.get_logger().info("worked")
            logging.getLogger("somebody").warning("worked too")
        assert [(line["request_id"], line["trace_id"]) for line in lines()] == [("r1", trace)] * 2

    def test_holds_what_other_encodings_refuse(self, lines: Lines) -> None:
        structlog.get_logger().info("odd", half="a\ud800", endless=2**70)
        logging.getLogger("somebody").warning("odd too \udfff")
        first, second = lines()
        assert (first["half"], first["endless"], second["event"]) == ("a\ud800", 2**70, "odd too \udfff")

    def test_that_cannot_be_written_fails_nothing(self, lines: Lines) -> None:
        class Gone(io.StringIO):
            def write(self, text: str) -> int:
                raise BrokenPipeError

        closed = io.StringIO()
        closed.close()
        for stream in (Gone(), closed):
            configure_logging("lamps", "info", stream)
            structlog.get_logger().info("unheard")

    def test_names_the_module_where_nothing_is_said(self, lines: Lines) -> None:
        structlog.get_logger().info("here")
        assert lines()[0]["logger"] == __name__

    def test_below_the_level_is_not_written(self, lines: Lines) -> None:
        structlog.get_logger().debug("noise")
        logging.getLogger("httpx").info("GET http://x/?email=%s", MAIL)
        logging.getLogger("uvicorn.access").info("GET /bestaetigen/%s", CANARY)
        assert lines() == []


class TestPersonalData:
    @pytest.mark.parametrize(
        "key",
        [
            "email",
            "Email",
            "mail_to",
            "password",
            "name",
            "family_name",
            "given_names",
            "holder_name",
            "session_token",
            "body",
            "answers",
            "payload",
            "plate",
            "birth_date",
            "postal_code",
            "street",
            "authorization",
            "cookie",
            "iban",
            "service_secret",
            "content",
            "to",
            "data",
            "session",
        ],
    )
    def test_under_a_telling_key_is_scrubbed(self, lines: Lines, key: str) -> None:
        structlog.get_logger().info("seen", **{key: CANARY})
        [line] = lines()
        assert line[key] == "[scrubbed]"

    @pytest.mark.parametrize(
        "key",
        [
            "event_name",
            "service_name",
            "stored_name",
            "queue",
            "case_number",
            "template",
            "platform",
            "error",
            "answered_in_ms",
        ],
    )
    def test_is_not_suspected_of_plain_keys(self, lines: Lines, key: str) -> None:
        structlog.get_logger().info("seen", **{key: "plain"})
        assert lines()[0][key] == "plain"

    @pytest.mark.parametrize(
        "value",
        [
            {"a": {"b": CANARY}},
            CANARY.encode(),
            [MAIL],
            [{"x": CANARY}],
            Talkative(),
            ValueError(CANARY),
            f"mail to {MAIL} failed",
            f"Bearer eyJ{CANARY}.eyJ{CANARY}.sig",
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_inside_a_value_is_scrubbed(self, lines: Lines, value: object) -> None:
        structlog.get_logger().info("seen", thing=value)
        assert CANARY not in json.dumps(lines())

    def test_in_an_exception_is_left_out(self, lines: Lines) -> None:
        try:
            try:
                raise KeyError(CANARY)
            except KeyError as exc:
                raise ValueError(f"no {CANARY}") from exc
        except ValueError as exc:
            structlog.get_logger().exception("failed")
            structlog.get_logger().error("failed", exc_info=exc)
            logging.getLogger("faststream").error(f"ValueError: {exc}", exc_info=True)
        for line in lines():
            assert line["error"] == ["ValueError", "KeyError"]
            assert "test_logs.py" in line["at"][-1]
        assert CANARY not in json.dumps(lines())
        assert len(lines()) == 3

    async def test_of_a_lost_task_is_left_out(self, lines: Lines) -> None:
        async def fail() -> None:
            raise ValueError(CANARY)

        task = asyncio.create_task(fail())
        await asyncio.wait([task])
        del task
        assert [line["event"] for line in lines()] == ["Task exception was never retrieved"]
        assert CANARY not in json.dumps(lines())
