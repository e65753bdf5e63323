"""The same gateway before stand-ins of the services as for the JSON API."""

from tests.gateway.api.conftest import gateway, services, visitor

__all__ = ["gateway", "services", "visitor"]
