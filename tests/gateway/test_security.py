"""What every request passes before a page sees it."""

import re
from collections.abc import Callable

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Scope

from gateway.security import rates
from gateway.security.body import BoundedBody
from gateway.security.cookies import session_cookie, visitor_cookie
from gateway.security.csrf import SCOPE_KEY, FormGuard, FormToken
from gateway.security.headers import SecurityHeaders
from gateway.security.rates import Rate, RateLimits, Windows
from gateway.security.refusals import Refusal

KEY = b"k" * 32
SESSION, VISITOR = session_cookie(False), visitor_cookie(False)


def refuse(scope: Scope, refusal: Refusal) -> Response:
    return PlainTextResponse(refusal.slug, status_code=refusal.status)


async def form(request: Request) -> Response:
    """Answers a token on GET, and on POST what was sent."""
    if request.method == "GET":
        return PlainTextResponse(str(request.scope[SCOPE_KEY]))
    return PlainTextResponse((await request.body()).decode())


async def plain(request: Request) -> Response:
    return PlainTextResponse("no form")


@pytest.fixture
def client() -> TestClient:
    middleware = [
        Middleware(SecurityHeaders, https=False),
        Middleware(BoundedBody, refuse=refuse, limit=1000, session=SESSION, larger={"/files": 3000}),
        Middleware(FormGuard, refuse=refuse, key=KEY, session=SESSION, visitor=VISITOR, exempt=("/notify",)),
    ]
    routes = [Route(path, form, methods=["GET", "POST"]) for path in ("/form", "/notify", "/files")]
    return TestClient(Starlette(routes=[*routes, Route("/plain", plain)], middleware=middleware))


class TestFormGuard:
    def test_lets_a_form_of_ours_through(self, client: TestClient) -> None:
        token = client.get("/form").text
        answer = client.post("/form", data={"csrf": token, "name": "Łucja"})
        assert (answer.status_code, answer.text) == (200, f"csrf={token}&name=%C5%81ucja")

    def test_lets_a_multipart_form_of_ours_through(self, client: TestClient) -> None:
        token = client.get("/form").text
        files = {"csrf": (None, token), "file": ("a.txt", b"x")}
        assert client.post("/form", files=files).status_code == 200

    def test_takes_the_token_of_a_script_from_a_header(self, client: TestClient) -> None:
        token = client.get("/form").text
        assert client.post("/form", json={}, headers={"x-csrf-token": token}).status_code == 200
        assert client.post("/form", json={"csrf": token}).status_code == 403

    @pytest.mark.parametrize("sent", [{}, {"csrf": ""}, {"csrf": "x" * 43}, {"csrf": "ü"}])
    def test_refuses_a_missing_or_wrong_token(self, client: TestClient, sent: dict[str, str]) -> None:
        client.get("/form")
        answer = client.post("/form", data=sent)
        assert (answer.status_code, answer.text) == (403, "csrf")

    def test_refuses_who_has_no_cookie(self, client: TestClient) -> None:
        token = client.get("/form").text
        client.cookies.clear()
        assert client.post("/form", data={"csrf": token}).status_code == 403

    def test_refuses_the_token_from_before_signing_in(self, client: TestClient) -> None:
        token = client.get("/form").text
        client.cookies.set("session", "fresh")
        assert client.post("/form", data={"csrf": token}).status_code == 403

    def test_refuses_another_visitors_token(self, client: TestClient) -> None:
        foreign = str(FormToken(KEY, "somebody else"))
        client.get("/form")
        assert client.post("/form", data={"csrf": foreign}).status_code == 403

    @pytest.mark.parametrize("site", ["cross-site", "same-site"])
    def test_refuses_another_site_even_with_the_token(self, client: TestClient, site: str) -> None:
        token = client.get("/form").text
        answer = client.post("/form", data={"csrf": token}, headers={"sec-fetch-site": site})
        assert answer.status_code == 403

    def test_marks_a_visitor_only_for_a_form(self, client: TestClient) -> None:
        assert "set-cookie" not in client.get("/plain").headers
        assert "set-cookie" in client.get("/form").headers
        assert "set-cookie" not in client.get("/form").headers

    def test_leaves_exempt_addresses_alone(self, client: TestClient) -> None:
        assert client.post("/notify", content=b"from the provider").text == "from the provider"


class TestBodies:
    @pytest.mark.parametrize(
        ("path", "size", "status"),
        [("/form", 900, 200), ("/form", 1100, 413), ("/files", 2900, 200), ("/files", 3100, 413)],
    )
    def test_are_as_long_as_their_address_allows(
        self, client: TestClient, path: str, size: int, status: int
    ) -> None:
        client.cookies.set(SESSION.name, "somebody")
        token = client.get("/form").text
        headers = {"x-csrf-token": token}
        assert client.post(path, content=b"x" * size, headers=headers).status_code == status


class TestCookies:
    def test_are_bound_to_the_host_over_https(self) -> None:
        line = session_cookie(True).header("abc").decode()
        assert line.startswith("__Host-session=abc;")
        assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(line.split("; "))
        assert "Domain" not in line

    def test_work_on_a_local_machine_without_https(self) -> None:
        line = SESSION.header("abc").decode()
        assert line.startswith("session=abc;")
        assert "Secure" not in line

    def test_read_only_their_own_name(self) -> None:
        scope = {"headers": [(b"cookie", b"other=1; session=abc; visitor=v")]}
        assert (SESSION.read(scope), VISITOR.read(scope)) == ("abc", "v")
        assert session_cookie(True).read(scope) is None

    @pytest.mark.parametrize(
        ("sent", "read"),
        [
            (b"", None),
            (b"session=", None),
            (b"session", None),
            (b"sessions=a; xsession=b", None),
            (b" session = abc ;x", "abc"),
            (b"session=a=b==", "a=b=="),
            (b"session=first; session=last", "last"),
            (b"broken cookie [1]=\x00; session=abc; \xff=", "abc"),
        ],
    )
    def test_are_read_whatever_stands_beside_them(self, sent: bytes, read: str | None) -> None:
        assert SESSION.read({"headers": [(b"cookie", sent)]}) == read
        assert SESSION.read({"headers": [(b"cookie", b"a=1"), (b"cookie", sent)]}) == read


class TestBoundedBody:
    def test_refuses_what_is_declared_too_large(self, client: TestClient) -> None:
        answer = client.post("/notify", content=b"x" * 1001)
        assert (answer.status_code, answer.text) == (413, "too_large")

    def test_refuses_what_grows_too_large(self, client: TestClient) -> None:
        assert client.post("/notify", content=(b"x" * 400 for _ in range(3))).status_code == 413

    def test_hands_on_the_rest_whole(self, client: TestClient) -> None:
        assert client.post("/notify", content=(b"x" * 500 for _ in range(2))).text == "x" * 1000

    @pytest.mark.parametrize(
        ("path", "cookie", "taken"),
        [
            ("/files", True, True),
            ("/files/7", True, True),
            ("/files", False, False),
            ("/filesystem", True, False),
        ],
    )
    def test_takes_more_where_files_go_from_who_has_a_session(
        self, client: TestClient, path: str, cookie: bool, taken: bool
    ) -> None:
        headers = {"cookie": f"{SESSION.name}=somebody"} if cookie else {}
        answer = client.post(path, content=b"x" * 1001, headers=headers)
        assert (answer.status_code != 413) is taken


class TestSecurityHeaders:
    def test_allow_nothing_foreign_and_nothing_inline(self, client: TestClient) -> None:
        policy = client.get("/plain").headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; ")
        assert "frame-ancestors 'none'" in policy
        assert not re.search(r"unsafe|\*|https?:", policy)

    def test_cover_refusals_too(self, client: TestClient) -> None:
        assert client.post("/form").headers["x-content-type-options"] == "nosniff"

    def test_take_the_place_of_what_an_answer_says_itself(self) -> None:
        async def lax(request: Request) -> Response:
            said = {"X-Frame-Options": "ALLOWALL", "Cache-Control": "max-age=60", "ETag": "a"}
            return PlainTextResponse("lax", headers=said)

        client = TestClient(SecurityHeaders(Starlette(routes=[Route("/lax", lax)])))
        headers = client.get("/lax").headers
        assert headers.get_list("x-frame-options") == ["DENY"]
        assert (headers.get_list("cache-control"), headers["etag"]) == (["max-age=60"], "a")

    def test_open_the_camera_to_the_warden_only(self) -> None:
        routes = [Route(path, plain) for path in ("/plain", "/aufsicht")]
        client = TestClient(SecurityHeaders(Starlette(routes=routes), https=False))
        assert "camera=(self)" in client.get("/aufsicht").headers["permissions-policy"]
        assert "camera=()" in client.get("/plain").headers["permissions-policy"]

    def test_insist_on_https_only_where_there_is_https(self, client: TestClient) -> None:
        secure = TestClient(SecurityHeaders(Starlette(routes=[Route("/plain", plain)])))
        assert "max-age=31536000" in secure.get("/plain").headers["strict-transport-security"]
        assert "strict-transport-security" not in client.get("/plain").headers

    def test_name_where_a_payment_may_lead(self) -> None:
        guard = SecurityHeaders(Starlette(), form_targets=("https://pay.example",))
        assert "form-action 'self' https://pay.example;" in guard.content_policy()


def limited(*rates: Rate, address: Callable[[Scope], str] = lambda scope: "one") -> TestClient:
    paths = ("/anmelden", "/en/anmelden", "/static/a", "/entwuerfe/1/verwerfen")
    routes = [Route(path, form_free, methods=["GET", "POST"]) for path in paths]
    return TestClient(RateLimits(Starlette(routes=routes), refuse=refuse, rates=rates, address=address))


async def form_free(request: Request) -> Response:
    return PlainTextResponse("ok")


class TestRateLimits:
    LOGIN = Rate("login", ("2/minute",), paths=("/anmelden",))

    def test_refuse_with_the_time_to_wait(self) -> None:
        client = limited(self.LOGIN)
        assert [client.post("/anmelden").status_code for _ in range(3)] == [200, 200, 429]
        assert 1 <= int(client.post("/anmelden").headers["retry-after"]) <= 60

    def test_count_both_languages_together(self) -> None:
        client = limited(self.LOGIN)
        paths = ("/anmelden", "/en/anmelden", "/anmelden")
        assert [client.post(path).status_code for path in paths] == [200, 200, 429]

    def test_let_reading_pass(self) -> None:
        client = limited(self.LOGIN)
        assert {client.get("/anmelden").status_code for _ in range(5)} == {200}

    def test_count_each_address_alone(self) -> None:
        addresses = iter("aabbc")
        client = limited(self.LOGIN, address=lambda scope: next(addresses))
        assert {client.post("/anmelden").status_code for _ in range(5)} == {200}

    def test_never_count_assets(self) -> None:
        client = limited(Rate("all", ("1/minute",), frozenset({"GET"})))
        assert {client.get("/static/a").status_code for _ in range(3)} == {200}

    def test_count_what_only_begins_like_a_language(self) -> None:
        client = limited(Rate("forms", ("1/minute",)))
        assert [client.post("/entwuerfe/1/verwerfen").status_code for _ in range(2)] == [200, 429]


class TestWindows:
    LOGIN = Rate("login", ("2/minute", "3/hour"))

    def waits(self, *times: float, who: str = "one") -> list[int | None]:
        """What is said at each of these seconds."""
        clock = iter(times)
        windows = Windows(lambda: next(clock))
        return [windows.wait([self.LOGIN], who) for _ in times]

    def test_move_with_the_time(self) -> None:
        assert self.waits(0, 40, 59, 60, 61) == [None, None, 1, None, 39]

    def test_do_not_count_what_was_refused(self) -> None:
        assert self.waits(0, 1, 2, 3, 60, 3601) == [None, None, 58, 57, None, None]

    def test_of_another_rate_or_address_are_others(self) -> None:
        windows, other = Windows(lambda: 0.0), Rate("other", ("2/minute",))
        for _ in range(2):
            assert windows.wait([self.LOGIN], "one") is None
        assert windows.wait([other], "one") is None
        assert windows.wait([self.LOGIN], "two") is None
        assert windows.wait([self.LOGIN], "one") == 60

    def test_are_bounded_and_lose_who_asked_the_longest_ago(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rates, "MOST_WINDOWS", 3)
        windows, once = Windows(lambda: 0.0), [Rate("once", ("1/minute",))]
        for who in "abc":
            windows.wait(once, who)
        assert windows.wait(once, "a") == 60
        assert windows.wait(once, "d") is None  # in the place of b
        assert [windows.wait(once, who) for who in "acd"] == [60, 60, 60]
        assert windows.wait(once, "b") is None
