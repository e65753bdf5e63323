"""The payment provider port, spoken by XBezahldienste: it is asked, never calls, and gives nothing back."""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

import httpx

from services.payments.providers.port import (
    Attempt,
    Callback,
    CallbackForged,
    Method,
    Notification,
    Outcome,
    ProviderRefused,
    ProviderUnavailable,
    Reaction,
    Started,
)
from services.payments.providers.xbezahldienste import replies, requests
from services.payments.providers.xbezahldienste.authentication import TIMEOUT, Authentication
from services.payments.providers.xbezahldienste.endpoint import Endpoint

_LONGEST_REPLY = 512 * 1024


class XBezahldienste:
    """The payer chooses how to pay on the platform's page. The caller owns `http` and closes it."""

    name = "xbezahldienste"
    methods = frozenset({Method.PAYMENT_PAGE})

    def __init__(
        self,
        *,
        endpoint: Endpoint,
        authentication: Authentication,
        http: httpx.AsyncClient,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._endpoint = endpoint
        self._authentication = authentication
        self._http = http
        self._clock = clock

    async def start(self, attempt: Attempt) -> Started:
        """Where the platform knows the request, its answer was lost: the payment that it opened goes on."""
        body = requests.encoded(requests.start(self._endpoint, attempt, self._clock()))
        try:
            content = await self._call("POST", self._endpoint.transactions.rstrip("/"), body)
        except ProviderRefused as refused:
            if refused.code != replies.PAYMENT_EXISTS:
                raise
            content = await self._opened_before(attempt.transaction_id, refused)
        transaction = replies.read(content)
        asked = transaction.asked.get("requestId")
        if asked not in {None, attempt.transaction_id}:
            raise ProviderUnavailable("answer_about_another_transaction")
        if transaction.information.redirect_url is None:
            raise ProviderRefused(
                replies.PAYMENT_EXISTS, Reaction.DUPLICATE, "the payment is not open any more"
            )
        return Started(transaction.information.transaction_id, str(transaction.information.redirect_url))

    async def status(self, reference: str, method: Method) -> Outcome:
        transaction = replies.read(await self._call("GET", self._address(reference)))
        if transaction.information.transaction_id != reference:
            raise ProviderUnavailable("answer_about_another_transaction")
        return transaction.outcome(self._endpoint.version)

    async def verify_callback(self, callback: Callback) -> Notification | None:
        raise CallbackForged("no_callbacks")

    async def _opened_before(self, request_id: str, refused: ProviderRefused) -> bytes:
        # The interface does not say that one can ask by our id: where one cannot, the refusal stands.
        try:
            return await self._call("GET", self._address(request_id))
        except ProviderRefused:
            raise refused from None

    def _address(self, transaction_id: str) -> str:
        return self._endpoint.transactions + quote(transaction_id, safe="")

    async def _call(self, method: str, url: str, body: bytes | None = None) -> bytes:
        async with self._authentication.client(self._http) as http:
            header = await self._authentication.header(self._http)
            response = await self._sent(http, method, url, body, header)
            if response.status_code == httpx.codes.UNAUTHORIZED:
                again = await self._authentication.header(self._http, renewed=True)
                if again is not None:
                    response = await self._sent(http, method, url, body, again)
        if not response.is_success:
            raise replies.refusal(response.status_code, response.content)
        return response.content

    async def _sent(
        self, http: httpx.AsyncClient, method: str, url: str, body: bytes | None, authorization: str | None
    ) -> httpx.Response:
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if authorization is not None:
            headers["Authorization"] = authorization
        try:
            response = await http.request(
                method, url, content=body, headers=headers, timeout=TIMEOUT, follow_redirects=False
            )
        except httpx.TimeoutException:
            raise ProviderUnavailable("timeout") from None
        except httpx.HTTPError:
            raise ProviderUnavailable("connection") from None
        if len(response.content) > _LONGEST_REPLY:
            raise ProviderUnavailable("unreadable_reply")
        return response
