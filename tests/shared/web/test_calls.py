"""A service calls another: identity gives the token, the other verifies it, ids travel along."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from shared.observe.tracing import span_from
from shared.web.app import create_app
from shared.web.calls import RemoteProblem, RemoteUnavailable, ServiceCalls
from shared.web.http_client import Answer, NoAnswer
from shared.web.problems import Problem
from shared.web.token_signing import CallerTokenSigner
from shared.web.tokens import Caller, CallerTokens, Kind, require
from tests.shared.web.conftest import ACCOUNT, AUDIENCE, make_signer

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class Dial:
    """A clock to turn."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        return self.at


class Town:
    """identity and one service behind real apps, and what they have seen."""

    def __init__(self, signer: CallerTokenSigner) -> None:
        self.signer = signer
        self.issuer = signer
        self.asked: list[dict[str, Any]] = []
        self.seen: list[Request] = []
        self.cut = 0
        self.apps = {"identity": self.identity(), AUDIENCE: self.service(), "edge": self.edge()}

    def identity(self) -> FastAPI:
        router = APIRouter()

        @router.post("/tokens")
        async def tokens(
            wanted: dict[str, str], who: Annotated[HTTPBasicCredentials, Depends(HTTPBasic())]
        ) -> dict[str, object]:
            if who.password != "right-secret":
                raise Problem("wrong_credentials", 401, "Not you")
            self.asked.append(wanted)
            await asyncio.sleep(0.01)
            now = datetime.now(UTC)
            subject, role = who.username, "service"
            if "session" in wanted:
                subject, role = ACCOUNT, "citizen"
            kinds: dict[str, Kind] = {"service": "service", "citizen": "account"}
            audience, purpose = wanted["audience"], wanted["purpose"]
            token = self.issuer.sign(subject, kinds[role], [role], audience, purpose, "mail", now)
            return {"token": token, "expires_at": now + timedelta(seconds=60)}

        return create_app("identity", "1", [router])

    def service(self) -> FastAPI:
        router = APIRouter()

        @router.get("/who")
        async def who(request: Request, caller: Annotated[Caller, Depends(require())]) -> dict[str, str]:
            self.seen.append(request)
            return {"subject": caller.subject, "purpose": caller.purpose}

        @router.post("/things")
        async def refuse(caller: Annotated[Caller, Depends(require())]) -> None:
            raise Problem("thing_taken", 409, "Taken", by="another")

        return create_app(
            AUDIENCE, "1", [router], caller_tokens=CallerTokens(self.signer.public_jwks(), AUDIENCE)
        )

    def edge(self) -> FastAPI:
        router = APIRouter()

        @router.get("/through")
        async def through(request: Request) -> Any:
            return await request.app.state.calls.get(AUDIENCE, "/who", purpose="look")

        return create_app("edge", "1", [router])

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        name = dict(scope["headers"])[b"host"].decode()
        if self.cut and name == AUDIENCE:
            self.cut -= 1
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
        await self.apps[name](scope, receive, send)


@pytest.fixture
def town(signer: CallerTokenSigner) -> Town:
    return Town(signer)


@pytest.fixture
def dial() -> Dial:
    return Dial()


class InMemory:
    """A client that reaches the apps without a network; a connection that breaks is one of httpx."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def send(
        self,
        method: str,
        base: str,
        target: bytes,
        headers: Mapping[str, str],
        body: bytes | None = None,
        silent: float | None = None,
    ) -> Answer:
        try:
            found = await self.http.request(method, base + target.decode(), headers=headers, content=body)
        except httpx.RemoteProtocolError as error:
            raise NoAnswer(type(error).__name__, broken=True) from error
        return Answer(found.status_code, found.headers, found.content)

    async def aclose(self) -> None:
        await self.http.aclose()


Connect = Callable[..., ServiceCalls]


@pytest.fixture
async def connect(town: Town, dial: Dial) -> AsyncIterator[Connect]:
    client = InMemory(httpx.AsyncClient(transport=httpx.ASGITransport(town)))
    urls = {AUDIENCE: f"http://{AUDIENCE}/", "gone": "http://127.0.0.1:1"}

    def calls(secret: str = "right-secret") -> ServiceCalls:
        return ServiceCalls("documents", "http://identity", secret, urls, client=client, clock=dial)

    yield calls
    await client.aclose()


class TestACall:
    async def test_speaks_for_the_service(self, connect: Connect) -> None:
        answer = await connect().get(AUDIENCE, "/who", purpose="render")
        assert answer == {"subject": "documents", "purpose": "render"}

    async def test_speaks_for_a_session(self, connect: Connect, town: Town) -> None:
        answer = await connect().get(AUDIENCE, "/who", purpose="own-case", session="s1")
        assert answer["subject"] == ACCOUNT
        assert town.asked == [{"audience": AUDIENCE, "purpose": "own-case", "session": "s1"}]

    async def test_gives_the_problem_of_the_other(self, connect: Connect) -> None:
        with pytest.raises(RemoteProblem) as refused:
            await connect().post(AUDIENCE, "/things", purpose="p", json={})
        assert (refused.value.status, refused.value.slug) == (409, "thing_taken")
        assert refused.value.body["by"] == "another"

    async def test_with_a_wrong_secret_is_refused(self, connect: Connect) -> None:
        with pytest.raises(RemoteProblem) as refused:
            await connect("wrong-secret").get(AUDIENCE, "/who", purpose="p")
        assert (refused.value.service, refused.value.slug) == ("identity", "wrong_credentials")


class TestTheTokens:
    async def test_are_kept_per_audience_and_purpose(self, connect: Connect, town: Town) -> None:
        calls = connect()
        for purpose in ("a", "a", "b", "a"):
            await calls.get(AUDIENCE, "/who", purpose=purpose)
        assert [wanted["purpose"] for wanted in town.asked] == ["a", "b"]

    async def test_are_renewed_ten_seconds_early(self, connect: Connect, town: Town, dial: Dial) -> None:
        calls, start = connect(), dial.at
        for seconds, asked in ((0, 1), (49, 1), (51, 2)):
            dial.at = start + timedelta(seconds=seconds)
            await calls.get(AUDIENCE, "/who", purpose="a")
            assert len(town.asked) == asked

    async def test_are_asked_for_once_by_many(self, connect: Connect, town: Town) -> None:
        calls = connect()
        await asyncio.gather(*(calls.get(AUDIENCE, "/who", purpose="a") for _ in range(8)))
        assert len(town.asked) == 1

    async def test_of_an_ended_session_are_forgotten(self, connect: Connect, town: Town) -> None:
        calls = connect()
        await calls.get(AUDIENCE, "/who", purpose="a", session="s1")
        calls.forget("s1")
        await calls.get(AUDIENCE, "/who", purpose="a", session="s1")
        assert len(town.asked) == 2

    async def test_no_longer_accepted_are_renewed_once(self, connect: Connect, town: Town) -> None:
        calls = connect()
        town.issuer = make_signer()
        with pytest.raises(RemoteProblem, match="token_invalid"):
            await calls.get(AUDIENCE, "/who", purpose="a")
        assert len(town.asked) == 2
        town.issuer = town.signer
        assert (await calls.get(AUDIENCE, "/who", purpose="a"))["subject"] == "documents"


class TestABrokenConnection:
    async def test_is_tried_once_more_when_reading(self, connect: Connect, town: Town) -> None:
        town.cut = 1
        assert await connect().get(AUDIENCE, "/who", purpose="a")
        town.cut = 2
        with pytest.raises(RemoteUnavailable):
            await connect().get(AUDIENCE, "/who", purpose="a")

    async def test_is_not_repeated_when_it_may_have_acted(self, connect: Connect, town: Town) -> None:
        town.cut = 1
        with pytest.raises(RemoteUnavailable):
            await connect().post(AUDIENCE, "/things", purpose="a")
        town.cut = 1
        with pytest.raises(RemoteProblem, match="thing_taken"):
            await connect().post(AUDIENCE, "/things", purpose="a", idempotency_key="k")

    async def test_to_nobody_says_unavailable(self) -> None:
        async with ServiceCalls("documents", "http://127.0.0.1:1", "secret") as calls:
            with pytest.raises(RemoteUnavailable, match="identity is not available"):
                await calls.get("gone", "/", purpose="p")


class TestIds:
    async def test_travel_with_the_call(self, connect: Connect, town: Town) -> None:
        town.apps["edge"].state.calls = connect()
        sent = {"X-Request-Id": "request-0001", "X-Correlation-Id": "case-00001", "traceparent": TRACE}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(town), base_url="http://edge") as http:
            assert (await http.get("/through", headers=sent)).status_code == 200
        headers = town.seen[0].headers
        assert (headers["x-request-id"], headers["x-correlation-id"]) == ("request-0001", "case-00001")
        assert headers["traceparent"].split("-")[1] == TRACE.split("-")[1]
        assert headers["traceparent"].split("-")[2] != TRACE.split("-")[2]

    async def test_of_a_stored_trace_go_on(self, connect: Connect, town: Town) -> None:
        with span_from(TRACE, "task"):
            await connect().get(AUDIENCE, "/who", purpose="a")
        assert town.seen[0].headers["traceparent"].split("-")[1] == TRACE.split("-")[1]
        assert "x-request-id" not in town.seen[0].headers

    async def test_of_a_call_that_fails_become_a_503(self, town: Town) -> None:
        town.apps["edge"].state.calls = ServiceCalls("edge", "http://127.0.0.1:1", "secret")
        async with httpx.AsyncClient(transport=httpx.ASGITransport(town), base_url="http://edge") as http:
            answer = await http.get("/through")
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:portal:problem:unavailable")
        assert answer.headers["retry-after"] == "2"
