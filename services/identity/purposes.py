"""What a caller token may be for: the purpose bounds the roles in it, so that it can do no more than that.

- `own-…`, `apply`, `pay`: a person's own affairs. A clerk is a citizen in these, and no more.
- `…-live`: a page that keeps itself fresh. It is no use of the session, which a forgotten tab would keep.
"""

import re
from collections.abc import Sequence
from typing import Final

FORM: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
CITIZEN: Final = "citizen"
_OWN_AFFAIRS: Final = frozenset({"apply", "pay"})


def roles_for(purpose: str, roles: Sequence[str]) -> list[str]:
    """Of a person's roles those that the purpose needs."""
    if purpose in _OWN_AFFAIRS or purpose.startswith("own-"):
        return [role for role in roles if role == CITIZEN]
    return list(roles)


def is_use(purpose: str) -> bool:
    """Whether asking for such a token shows that the person is there."""
    return not purpose.endswith("-live")
