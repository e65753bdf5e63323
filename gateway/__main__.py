"""`python -m gateway`."""

from pydantic import ValidationError

from gateway.app import create_app
from gateway.assets.serving import AssetsNotBuilt
from gateway.settings import GatewaySettings
from shared.observe.logs import configure_logging
from shared.observe.tracing import configure_tracing
from shared.settings import SecretMissing, refuse
from shared.web.serve import serve


def main() -> None:
    """Blocks until a signal. What is missing is said in one sentence, with exit code 2."""
    try:
        settings = GatewaySettings()
        configure_logging("gateway", settings.log_level)
        configure_tracing("gateway", settings.otlp_endpoint)
        app = create_app(settings)
    except (ValidationError, SecretMissing, AssetsNotBuilt) as problem:
        refuse(problem)
    proxies = [str(network) for network in settings.trusted_proxies]
    serve(lambda: app, settings.host, settings.port, trusted_proxies=proxies)


if __name__ == "__main__":
    main()
