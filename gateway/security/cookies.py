"""The portal's cookies: the session of who is signed in, and the mark of a visitor who is not.

Over https they carry the `__Host-` prefix, so that no other host can set them (RFC 6265bis, 4.1.3.2).
"""

from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Scope


@dataclass(frozen=True, slots=True)
class Cookie:
    """One cookie: HttpOnly, SameSite=Lax, for the whole host; `max_age` in seconds."""

    plain_name: str
    https: bool
    max_age: int | None = None

    @property
    def name(self) -> str:
        return f"__Host-{self.plain_name}" if self.https else self.plain_name

    def read(self, scope: Scope) -> str | None:
        """Its value in a request, None when it is missing or empty; of several the last."""
        found = ""
        for name, value in scope["headers"]:
            if name == b"cookie":
                for pair in value.decode("latin-1").split(";"):
                    known, _, said = pair.partition("=")
                    if known.strip() == self.name:
                        found = said.strip()
        return found or None

    def set(self, response: Response, value: str) -> None:
        response.set_cookie(
            self.name, value, max_age=self.max_age, path="/", secure=self.https, httponly=True, samesite="lax"
        )

    def clear(self, response: Response) -> None:
        response.delete_cookie(self.name, path="/", secure=self.https, httponly=True, samesite="lax")

    def header(self, value: str) -> bytes:
        """The Set-Cookie line, for a middleware that has no response object."""
        carrier = Response()
        self.set(carrier, value)
        return carrier.raw_headers[-1][1]


def session_cookie(https: bool) -> Cookie:
    """Holds the opaque session of identity."""
    return Cookie("session", https)


def visitor_cookie(https: bool) -> Cookie:
    """Holds a random mark, given only to a visitor who is shown a form."""
    return Cookie("visitor", https)
