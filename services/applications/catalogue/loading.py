"""The catalogue: all versions of all services from `data/<service>/v<n>.yaml`; the highest is offered."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from services.applications.catalogue.city import CatalogueError, City, read_city, read_part
from services.applications.catalogue.definition import ServiceDefinition
from services.applications.catalogue.publication import (
    DUNNING,
    DefinitionRefused,
    PublishedService,
    publish,
)

HERE: Final = Path(__file__).parent
SERVICES: Final = HERE / "data"


class ServiceUnknown(LookupError):
    """No service has that key, or it never had that version."""


class Catalogue:
    """Published services by key and version; none is ever removed: a running case keeps its version."""

    def __init__(self, published: Iterator[PublishedService], city: City) -> None:
        self.city = city
        self._services: dict[str, dict[int, PublishedService]] = {}
        for service in published:
            versions = self._services.setdefault(service.definition.key, {})
            versions[service.definition.version] = service

    def offered(self) -> list[PublishedService]:
        """The current version of each service, by key."""
        return [self.current(key) for key in sorted(self._services)]

    def current(self, key: str) -> PublishedService:
        """Raises ServiceUnknown."""
        versions = self._services.get(key)
        if versions is None:
            raise ServiceUnknown(key)
        return versions[max(versions)]

    def version(self, key: str, version: int) -> PublishedService:
        """Raises ServiceUnknown."""
        try:
            return self._services[key][version]
        except KeyError:
            raise ServiceUnknown(f"{key}/{version}") from None


def read_catalogue(
    data: Path = SERVICES, city: Path = HERE / "city", dunning: Collection[str] = DUNNING
) -> Catalogue:
    """Reads and publishes everything; `dunning` names the steps that payments takes.

    Raises CatalogueError with file, path and sentence.
    """
    the_city = read_city(city)
    files = sorted(data.glob("*/v*.yaml"))
    if not files:
        raise CatalogueError(data, "", "holds no service")
    return Catalogue((_published(file, the_city, dunning) for file in files), the_city)


def _published(file: Path, city: City, dunning: Collection[str]) -> PublishedService:
    definition = read_part(file, ServiceDefinition)
    if (file.parent.name, file.stem) != (definition.key, f"v{definition.version}"):
        named = f"{definition.key}/v{definition.version}"
        raise CatalogueError(file, "key", f"says {named}, yet lies at {file.parent.name}/{file.stem}")
    try:
        return publish(definition, city, dunning)
    except DefinitionRefused as refusal:
        raise CatalogueError(file, refusal.path, refusal.sentence) from refusal
