"""What the gateway is told when it starts."""

from pydantic import Field

from shared.settings import ProcessSettings


class GatewaySettings(ProcessSettings):
    """`rabbitmq_url` serves the live pages only. `payment_origins` are the origins of the payment providers'
    pages (JSON list): browsers ask our policy before a form's redirect may end there. `rate_limits` is off
    only where one address stands for many people, as in a load test.
    """

    rabbitmq_url: str = Field(default="", repr=False)
    payment_origins: tuple[str, ...] = ()
    rate_limits: bool = True

    @property
    def https(self) -> bool:
        """Whether citizens reach the portal over TLS, and cookies may say so."""
        return self.public_url.startswith("https://")
