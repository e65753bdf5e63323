"""The payment provider port, spoken to GiroCheckout."""

import httpx

from services.payments.providers.girocheckout import callbacks, fields, replies, requests
from services.payments.providers.girocheckout.account import Account, Project
from services.payments.providers.port import (
    Attempt,
    Callback,
    Method,
    Notification,
    Outcome,
    ProviderRefused,
    ProviderUnavailable,
    Reaction,
    RefundOrder,
    RefundOutcome,
    Started,
    State,
)

_TIMEOUT = httpx.Timeout(10.0, connect=3.0)
_LONGEST_REPLY = 64 * 1024


class GiroCheckout:
    """`base_url` is the folder of the API, of either generation, e.g.
    `https://payment.girocheckout.de/girocheckout/v2/`. The caller owns `http` and closes it."""

    name = "girocheckout"
    refund_repeatable = False

    def __init__(self, *, base_url: str, account: Account, http: httpx.AsyncClient) -> None:
        self._base_url = base_url.rstrip("/") + "/"
        self._account = account
        self._http = http
        self.methods = frozenset(account.projects)
        self.refundable_methods = self.methods & frozenset(fields.REFUND)

    async def start(self, attempt: Attempt) -> Started:
        project = self._project(attempt.method)
        values = requests.start_fields(self._account.merchant_id, project, attempt)
        path = "paypage/init" if attempt.method is Method.PAYMENT_PAGE else "transaction/start"
        reply = await self._call(path, project, fields.START[attempt.method], values, replies.Begun)
        target = reply.url if attempt.method is Method.PAYMENT_PAGE else reply.redirect
        if target is None:
            raise ProviderUnavailable("unreadable_reply")
        return Started(reply.reference, str(target))

    async def status(self, reference: str, method: Method) -> Outcome:
        return (await self._told(reference, self._known(method))).outcome()

    async def _told(self, reference: str, project: Project) -> replies.Told:
        values = {
            "merchantId": str(self._account.merchant_id),
            "projectId": str(project.number),
            "reference": reference,
        }
        reply = await self._call("transaction/status", project, fields.STATUS, values, replies.Told)
        if reply.reference != reference:
            raise ProviderUnavailable("answer_about_another_transaction")
        return reply

    async def refund(self, order: RefundOrder) -> RefundOutcome:
        """All of a card payment is voided while the card network has not cleared it; else it is refunded."""
        project = self._known(order.method)
        if order.whole and order.method is Method.CARD:
            try:
                voided = await self._void(order, project)
            except ProviderRefused as refused:
                if refused.reaction is not Reaction.DECLINED:
                    raise
            else:
                if voided.state is not State.FAILED:
                    return voided
        values = requests.refund_fields(self._account.merchant_id, project, order)
        form = fields.REFUND[order.method]
        reply = await self._call("transaction/refund", project, form, values, replies.GivenBack)
        return reply.given_back(order.payment_reference, values["merchantTxId"])

    async def _void(self, order: RefundOrder, project: Project) -> RefundOutcome:
        values = requests.void_fields(self._account.merchant_id, project, order)
        reply = await self._call("transaction/void", project, fields.VOID, values, replies.GivenBack)
        return reply.given_back(order.payment_reference, values["merchantTxId"])

    async def refund_status(self, order: RefundOrder, reference: str) -> RefundOutcome:
        return replies.refund_outcome(await self._told(reference, self._known(order.method)))

    async def verify_callback(self, callback: Callback) -> Notification:
        return callbacks.verify(self._account.projects, callback.query)

    def _project(self, method: Method) -> Project:
        try:
            return self._account.projects[method]
        except KeyError:
            raise ValueError(f"no GiroCheckout project for the method {method}") from None

    def _known(self, method: Method) -> Project:
        """The project of a payment that has been: without it nothing can be asked."""
        try:
            return self._project(method)
        except ValueError:
            raise ProviderUnavailable("no_project") from None

    async def _call(
        self, path: str, project: Project, order: fields.Order, values: dict[str, str], kind: type[replies.R]
    ) -> replies.R:
        form = fields.signed(project.passphrase, order, values)
        try:
            response = await self._http.post(
                self._base_url + path,
                data=form,
                headers={"Accept": "application/json", "Accept-Encoding": "identity"},
                timeout=_TIMEOUT,
                follow_redirects=False,
            )
        except httpx.TimeoutException:
            raise ProviderUnavailable("timeout") from None
        except httpx.HTTPError:
            raise ProviderUnavailable("connection") from None
        if len(response.content) > _LONGEST_REPLY:
            raise ProviderUnavailable("unreadable_reply")
        return replies.read(
            kind,
            passphrase=project.passphrase,
            claimed_hash=response.headers.get("hash", ""),
            body=response.content,
        )
