"""What all requests of one gateway process share."""

from dataclasses import dataclass, field

from gateway.assets.serving import Assets
from gateway.catalogue import Catalogue
from gateway.live import LiveHub
from gateway.people import People
from gateway.rendering import KeptPages, Renderer
from gateway.security.cookies import Cookie, session_cookie, visitor_cookie
from gateway.settings import GatewaySettings
from shared.web.calls import ServiceCalls
from shared.web.probes import Probes

NOTICE_SECONDS = 60


@dataclass(slots=True, kw_only=True)
class Portal:
    """One per process. `live` is None while there is no broker: pages then ask again by themselves."""

    settings: GatewaySettings
    calls: ServiceCalls
    assets: Assets
    renderer: Renderer
    people: People
    csrf_key: bytes
    probes: Probes = field(default_factory=Probes)
    live: LiveHub | None = None
    catalogue: Catalogue = field(init=False)
    kept: KeptPages = field(init=False)
    session: Cookie = field(init=False)
    visitor: Cookie = field(init=False)
    notice: Cookie = field(init=False)

    def __post_init__(self) -> None:
        https = self.settings.https
        self.session, self.visitor = session_cookie(https), visitor_cookie(https)
        self.notice = Cookie("notice", https, NOTICE_SECONDS)
        self.catalogue = Catalogue(self.calls)
        self.kept = KeptPages(self.renderer)

    def public(self, path: str) -> str:
        """The absolute address of one of our paths, as the world reaches it."""
        return self.settings.public_url.rstrip("/") + path


def build_portal(settings: GatewaySettings) -> Portal:
    """Raises SecretMissing and AssetsNotBuilt."""
    assets = Assets()
    secret = settings.secret_text("service_secret")
    calls = ServiceCalls("gateway", settings.identity_url, secret, settings.service_urls())
    return Portal(
        settings=settings,
        calls=calls,
        assets=assets,
        renderer=Renderer(assets.url),
        people=People(calls),
        csrf_key=settings.secret_bytes("session_key"),
    )
