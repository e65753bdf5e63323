"""Mail addresses: one spelling for each, so that one person is one account.

The local part is restricted to ASCII (RFC 5321 without SMTPUTF8, which few mail servers of authorities
speak); the domain may be international and is kept as A-labels (RFC 5890).
"""

import re
import unicodedata
from typing import Final

from services.identity.domain.refusals import FieldError, FieldsRefused

LONGEST: Final = 254
_LOCAL: Final = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def normalised(text: str) -> str:
    """The address in lower case with an ASCII domain. Raises FieldsRefused with `email_impossible`."""
    address = unicodedata.normalize("NFC", text.strip()).lower()
    local, _, domain = address.rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        raise _impossible() from None
    labels = domain.split(".")
    well_formed = (
        len(local) <= 64
        and _LOCAL.fullmatch(local)
        and len(labels) > 1
        and all(_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()
        and len(local) + 1 + len(domain) <= LONGEST
    )
    if not well_formed:
        raise _impossible()
    return f"{local}@{domain}"


def _impossible() -> FieldsRefused:
    return FieldsRefused(FieldError("email", "email_impossible"))
