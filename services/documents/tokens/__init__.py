"""What a permit's QR code proves, and the signed list of permits that no longer count."""

from services.documents.tokens.cose import (
    BrokenToken,
    ForgedToken,
    PublicKeys,
    SigningKey,
    TokenError,
    UnknownKey,
)
from services.documents.tokens.permit import (
    PermitClaims,
    issue_permit_token,
    read_permit_token,
    token_from_text,
    token_url,
)
from services.documents.tokens.status import (
    PermitStatus,
    StatusList,
    StatusListOutdated,
    judge,
    read_status_list,
    sign_status_list,
)

__all__ = [
    "BrokenToken",
    "ForgedToken",
    "PermitClaims",
    "PermitStatus",
    "PublicKeys",
    "SigningKey",
    "StatusList",
    "StatusListOutdated",
    "TokenError",
    "UnknownKey",
    "issue_permit_token",
    "judge",
    "read_permit_token",
    "read_status_list",
    "sign_status_list",
    "token_from_text",
    "token_url",
]
