"""The register over HTTP: `POST /enquiries` → `{"answer": "match" | "mismatch"}`."""

from collections.abc import Mapping
from typing import Literal

import httpx
from pydantic import BaseModel, ValidationError

from services.applications.register import Answer, RegisterUnavailable


class EnquiryAnswer(BaseModel):
    answer: Literal["match", "mismatch"]


class HttpRegister:
    """Asks the register at `base_url`; waits `timeout` seconds for an answer."""

    def __init__(self, base_url: str, timeout: float) -> None:
        self._client = httpx.AsyncClient(base_url=base_url.rstrip("/"), timeout=timeout, trust_env=False)

    async def enquire(self, enquiry: Mapping[str, str]) -> Answer:
        try:
            reply = await self._client.post("/enquiries", json=dict(enquiry))
            reply.raise_for_status()
            return EnquiryAnswer.model_validate_json(reply.content).answer
        except httpx.HTTPError as error:
            raise RegisterUnavailable(type(error).__name__) from None
        except ValidationError:
            raise RegisterUnavailable("its answer cannot be read") from None

    async def __aenter__(self) -> "HttpRegister":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()
