"""The security headers. Everything a page loads is ours; nothing inline runs."""

from dataclasses import dataclass, field
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_POLICY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",  # KERN draws its ticks and arrows from data in the stylesheet
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
_FEATURES: Final = "accelerometer=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()"
_FIXED: Final = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_CACHE: Final = b"cache-control"
_NAMES: Final = frozenset(
    {
        *(name.encode() for name in _FIXED),
        *(b"content-security-policy", b"permissions-policy", b"strict-transport-security"),
    }
)
_A_YEAR: Final = 365 * 24 * 3600


@dataclass(slots=True)
class SecurityHeaders:
    """ASGI: sets the headers on every answer; `https` adds HSTS, `camera_paths` are the pages that may film.

    `form_targets` are origins a form may end at after a redirect (the payment provider's page): browsers
    apply form-action to redirects too. Pages are not stored by caches unless the answer says so itself.
    """

    app: ASGIApp
    https: bool = True
    camera_paths: tuple[str, ...] = ("/aufsicht",)
    form_targets: tuple[str, ...] = ()
    _ours: list[tuple[bytes, bytes]] = field(init=False)
    _filming: list[tuple[bytes, bytes]] = field(init=False)

    def __post_init__(self) -> None:
        self._ours, self._filming = self._headers("camera=()"), self._headers("camera=(self)")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = self._filming if scope["path"] in self.camera_paths else self._ours
                said = [header for header in message.get("headers", ()) if header[0].lower() not in _NAMES]
                kept = any(name.lower() == _CACHE for name, _ in said)
                message["headers"] = [*said, *ours] if kept else [*said, *ours, (_CACHE, b"no-store")]
            await send(message)

        await self.app(scope, receive, with_headers)

    def _headers(self, camera: str) -> list[tuple[bytes, bytes]]:
        named = {
            "content-security-policy": self.content_policy(),
            "permissions-policy": f"{camera}, {_FEATURES}",
            **_FIXED,
        }
        if self.https:
            named["strict-transport-security"] = f"max-age={_A_YEAR}; includeSubDomains"
        return [(name.encode(), value.encode()) for name, value in named.items()]

    def content_policy(self) -> str:
        """The Content-Security-Policy, directives in a fixed order."""
        rules = dict(CONTENT_POLICY)
        rules["form-action"] = " ".join((rules["form-action"], *self.form_targets))
        if self.https:
            rules["upgrade-insecure-requests"] = ""
        return "; ".join(f"{name} {value}".strip() for name, value in rules.items())
