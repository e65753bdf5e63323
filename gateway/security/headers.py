"""The security headers. Everything a page loads is ours; nothing inline runs."""

from dataclasses import dataclass
from typing import Final

from starlette.datastructures import MutableHeaders
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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._set(MutableHeaders(scope=message), scope["path"])
            await send(message)

        await self.app(scope, receive, with_headers)

    def _set(self, headers: MutableHeaders, path: str) -> None:
        camera = "camera=(self)" if path in self.camera_paths else "camera=()"
        headers["content-security-policy"] = self.content_policy()
        headers["permissions-policy"] = f"{camera}, {_FEATURES}"
        headers["x-content-type-options"] = "nosniff"
        headers["x-frame-options"] = "DENY"
        headers["referrer-policy"] = "same-origin"
        headers["cross-origin-opener-policy"] = "same-origin"
        headers["cross-origin-resource-policy"] = "same-origin"
        headers.setdefault("cache-control", "no-store")
        if self.https:
            headers["strict-transport-security"] = f"max-age={_A_YEAR}; includeSubDomains"

    def content_policy(self) -> str:
        """The Content-Security-Policy, directives in a fixed order."""
        rules = dict(CONTENT_POLICY)
        rules["form-action"] = " ".join((rules["form-action"], *self.form_targets))
        if self.https:
            rules["upgrade-insecure-requests"] = ""
        return "; ".join(f"{name} {value}".strip() for name, value in rules.items())
