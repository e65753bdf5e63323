"""GiroCheckout from the settings: there where PORTAL_GIROCHECKOUT_PROJECTS names a project."""

import httpx

from services.payments.providers.girocheckout.account import Account
from services.payments.providers.girocheckout.adapter import GiroCheckout
from services.payments.settings import PaymentsSettings
from shared.settings import StartRefused


def make(settings: PaymentsSettings, http: httpx.AsyncClient) -> GiroCheckout | None:
    """The adapter, or None without a contract. Raises StartRefused, SecretMissing."""
    if not settings.girocheckout_projects:
        return None
    if not settings.girocheckout_base_url or settings.girocheckout_merchant_id is None:
        raise StartRefused(
            "Not started: PORTAL_GIROCHECKOUT_PROJECTS needs PORTAL_GIROCHECKOUT_BASE_URL and …_MERCHANT_ID."
        )
    try:
        account = Account.of(
            settings.girocheckout_merchant_id,
            settings.girocheckout_projects,
            settings.secret_json("girocheckout_passphrases"),
        )
    except ValueError as error:
        raise StartRefused(f"Not started: {error}") from error
    return GiroCheckout(base_url=settings.girocheckout_base_url, account=account, http=http)
