"""From the wish to be forgotten to an account that nobody is behind any more.

The request asks what stands against it, stores `ErasureRequested` with a task and ends the sessions. The task
destroys the key, scrubs what is kept beside the log, and stores the end; after a crash it begins again, since
each step may be repeated. The other services follow `AccountErased`.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import structlog

from services.identity import accounts
from services.identity.domain.account import Account
from services.identity.domain.refusals import Refused
from services.identity.queries import EMAIL
from services.identity.registration import RESET
from services.identity.sessions import Sessions
from services.identity.signing_in import SigningIn
from shared.log import Unit
from shared.service import Runtime
from shared.web.tokens import Caller

log = structlog.get_logger()

ERASE: Final = "erase_account"
PURPOSE: Final = "erase-account"
FEE_OPEN: Final = "fee_open"
"""Why a case hinders of which what was granted has ended, and something is owed for its use."""
_FORGET_WISHES = "DELETE FROM task WHERE kind = $1 AND payload->>'email_digest' = ANY($2::text[])"


class Hindered(Refused):
    """Something of the account's cases must come to its end first; `hindrances` say what, case by case."""

    def __init__(self, hindrances: list[dict[str, Any]]) -> None:
        super().__init__(f"{len(hindrances)} cases")
        self.hindrances = hindrances


class Erasure:
    """Takes the wish in, and fulfils it."""

    def __init__(self, runtime: Runtime, signing_in: SigningIn, sessions: Sessions) -> None:
        self._runtime, self._signing_in, self._sessions = runtime, signing_in, sessions

    async def ask(self, caller: Caller, password: str) -> None:
        """Nobody can sign in from now on. Raises WrongPassword, TooManyAttempts, Hindered, NotActive,
        HoldsOffice; RemoteProblem or RemoteUnavailable while applications or payments cannot be asked."""
        account_id = caller.account_id
        await self._signing_in.prove(self._runtime.unit_for(caller), account_id, password)
        await self._refuse_while_hindered(account_id)
        await accounts.decide(
            lambda: self._runtime.unit_for(caller),
            account_id,
            lambda account, now: account.request_erasure(now=now),
            also=lambda unit: unit.task(ERASE, {"account_id": str(account_id)}, key=str(account_id)),
        )
        await self._sessions.end_all(account_id)
        log.info("erasure_requested", account=str(account_id))

    async def erase(self, payload: Mapping[str, Any], unit: Unit) -> None:
        """The task."""
        account_id = UUID(payload["account_id"])
        account = await unit.load(Account, account_id)
        if account.condition == "erased":
            log.info("erasure_ignored_as_erased", account=str(account_id))
            return
        account.complete_erasure(now=unit.now)
        await self._sessions.end_all(account_id)
        await self._forget_wishes(account_id, unit)
        await unit.erase(account_id, [account_id])
        await unit.save(account)

    async def _forget_wishes(self, account_id: UUID, unit: Unit) -> None:
        """A wish for a new password holds the address's digest; the reservation still tells which it is."""
        held = await unit.parts.reader.held_by([account_id])
        digests = [one.digest.hex() for one in held if one.scope == EMAIL]
        await self._runtime.pool.execute(_FORGET_WISHES, RESET, digests)

    async def _refuse_while_hindered(self, account_id: UUID) -> None:
        calls, path = self._runtime.calls, f"/accounts/{account_id}"
        found = await calls.get("applications", f"{path}/hindrances", purpose=PURPOSE)
        hindrances = list(found["hindrances"])
        if ended := found.get("ended"):
            owed = (await calls.get("payments", f"{path}/debts", purpose=PURPOSE))["cases"]
            hindrances += [one | {"reason": FEE_OPEN} for one in ended if one["case_id"] in owed]
        if hindrances:
            raise Hindered(hindrances)
