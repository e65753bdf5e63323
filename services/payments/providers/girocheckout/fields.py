"""The order of the hashed fields, per method and call: GiroCheckout's request hash covers values, not names.

A name here is the provider's spelling. Source: the provider's SDK 2.6.12 (one class per call) and
api.girocheckout.de; where they differ (order of the URLs at Direktüberweisung) the SDK is followed.
"""

from collections.abc import Mapping

from services.payments.providers.girocheckout import hashes
from services.payments.providers.port import Method

Order = tuple[str, ...]

_ACCOUNT = ("merchantId", "projectId")
_PAYMENT: Order = (*_ACCOUNT, "merchantTxId", "amount", "currency", "purpose")
_URLS = ("urlRedirect", "urlNotify")
_MANDATE = ("mandateReference", "mandateSignedOn", "mandateReceiverName", "mandateSequence")
_TDS2 = ("tds2Address", "tds2Postcode", "tds2City", "tds2Country", "tds2Optional")

_SIMPLE_START: Order = (*_PAYMENT, "type", *_URLS, "kassenzeichen", "pptoken")

_PAGE_INIT: Order = (
    *_PAYMENT,
    *("description", "pagetype", "expirydate", "single", "timeout", "type", "locale", "paymethods"),
    *("payprojects", "organization", "freeamount", "fixedvalues", "minamount", "maxamount", "orderid"),
    *("projectlist", "pkn", "test", "certdata", "otherpayments"),
    *("successUrl", "backUrl", "failUrl", "notifyUrl"),
    *_TDS2,
    *_MANDATE,
    *("informationText", "kassenzeichen", "qrcodeReturn"),
    *("billingAddress", "shippingAddress", "customerInfo", "basket"),
)

START: Mapping[Method, Order] = {
    Method.CARD: (
        *_PAYMENT,
        *("type", "locale", "mobile", "pkn", "recurring", "indicator"),
        *_URLS,
        *_TDS2,
        *("kassenzeichen", "pptoken"),
    ),
    Method.PAYPAL: _SIMPLE_START,
    Method.DIRECT_TRANSFER: _SIMPLE_START,
    Method.WERO: _SIMPLE_START,
    Method.DIRECT_DEBIT: (
        *_PAYMENT,
        *("type", "locale", "mobile"),
        *_MANDATE,
        "pkn",
        *_URLS,
        *("kassenzeichen", "pptoken"),
    ),
    Method.PAYMENT_PAGE: _PAGE_INIT,
}

DEBIT_WITHOUT_FORM: Order = (
    *_PAYMENT,
    *("type", "bankcode", "bankaccount", "iban", "accountHolder"),
    *_MANDATE,
    "pkn",
    *_URLS,
    *("kassenzeichen", "pptoken", "company", "lastname", "firstname", "address", "zip", "city"),
    *("country", "email"),
)

STATUS: Order = (*_ACCOUNT, "reference", "txreference")
VOID: Order = (*_ACCOUNT, "merchantTxId", "reference")

_REFUND: Order = (*_PAYMENT, "reference", "kassenzeichen")
REFUND: Mapping[Method, Order] = {
    Method.CARD: _REFUND,
    Method.WERO: _REFUND,
    Method.DIRECT_DEBIT: _REFUND,
    Method.PAYPAL: (*_PAYMENT, "reference"),
    Method.PAYMENT_PAGE: (*_PAYMENT, "reference", "txreference"),
}

_RESULT = ("gcReference", "gcMerchantTxId", "gcBackendTxId", "gcAmount", "gcCurrency", "gcResultPayment")
NOTIFY: Order = (*_RESULT, "gcResultAVS", "gcObvName")
NOTIFY_PAGE: Order = (
    *("gcPaymethod", "gcType", "gcProjectId"),
    *_RESULT,
    *("gcPkn", "gcCardnumber", "gcCardExpDate", "gcAccountHolder", "gcIban"),
)
NOTIFY_REQUIRED = frozenset(_RESULT)


def signed(passphrase: str, order: Order, values: Mapping[str, str]) -> dict[str, str]:
    """The form to send: the non-empty values in `order`, then `hash`. KeyError for a name `order` lacks."""
    for name in values:
        if name not in order:
            raise KeyError(name)
    form = {name: values[name] for name in order if values.get(name)}
    return {**form, "hash": hashes.of_values(passphrase, form.values())}
