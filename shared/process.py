"""A service as a process: settings, logs, traces, then the app until a signal."""

from pydantic import ValidationError

from shared.observe.logs import configure_logging
from shared.observe.tracing import configure_tracing
from shared.service import Service, application
from shared.settings import StartRefused, refuse
from shared.web.serve import serve


def run(service: Service) -> None:
    """Blocks until SIGTERM or SIGINT has been obeyed. A missing setting or secret, or data that a service
    cannot work with, is said in a sentence, with exit code 2."""
    try:
        settings = service.settings()
        configure_logging(service.name, settings.log_level)
        configure_tracing(service.name, settings.otlp_endpoint)
        app = application(service, settings)
    except (ValidationError, StartRefused) as problem:
        refuse(problem)
    serve(lambda: app, settings.host, settings.port)
