"""What the gateway is told when it starts."""

from ipaddress import IPv4Network, IPv6Network

from pydantic import Field

from shared.settings import ProcessSettings


class GatewaySettings(ProcessSettings):
    """`rabbitmq_url` serves the live pages only. `payment_origins` are the origins of the payment providers'
    pages (JSON list): browsers ask our policy before a form's redirect may end there. `rate_limits` is off
    only where one address stands for many people, as in a load test. `trusted_proxies` are the addresses or
    networks (JSON list) whose X-Forwarded-For is believed: behind a proxy that is not named here the whole
    town is one client to the rate limits.
    """

    rabbitmq_url: str = Field(default="", repr=False)
    payment_origins: tuple[str, ...] = ()
    rate_limits: bool = True
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()

    @property
    def https(self) -> bool:
        """Whether citizens reach the portal over TLS, and cookies may say so."""
        return self.public_url.startswith("https://")
