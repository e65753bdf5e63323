"""The register over HTTP: `POST /enquiries` → `{"answer": "match" | "mismatch"}`."""

import json
from collections.abc import Mapping
from typing import Final, Literal

from pydantic import BaseModel, ValidationError

from services.applications.register import Answer, RegisterUnavailable
from shared.web.http_client import HttpClient, NoAnswer

HEADERS: Final = {"Accept": "application/json", "Content-Type": "application/json"}


class EnquiryAnswer(BaseModel):
    answer: Literal["match", "mismatch"]


class HttpRegister:
    """Asks the register at `base_url`, each time on a connection of its own: an answer is this enquiry's.

    `timeout`: seconds for the connection, and for an answer.
    """

    def __init__(self, base_url: str, timeout: float) -> None:
        self._base_url, self._client = base_url, HttpClient(silent=timeout, connect=timeout, kept=False)

    async def enquire(self, enquiry: Mapping[str, str]) -> Answer:
        asked = json.dumps(dict(enquiry), ensure_ascii=False).encode()
        try:
            reply = await self._client.send("POST", self._base_url, b"/enquiries", HEADERS, asked)
            if not 200 <= reply.status_code < 300:
                raise RegisterUnavailable(f"it answered {reply.status_code}")
            return EnquiryAnswer.model_validate_json(reply.content).answer
        except NoAnswer as failed:
            raise RegisterUnavailable(failed.reason) from None
        except ValidationError:
            raise RegisterUnavailable("its answer cannot be read") from None

    async def __aenter__(self) -> "HttpRegister":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()
