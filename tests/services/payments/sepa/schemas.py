"""The official schema of pain.008, as an installed package ships it."""

from functools import cache
from importlib.resources import as_file, files

from lxml import etree


@cache
def pain_008() -> etree.XMLSchema:
    """pain.008.001.08 as the registration authority publishes it, out of the package sepaxml."""
    with as_file(files("sepaxml") / "schemas" / "pain.008.001.08.xsd") as path:
        return etree.XMLSchema(etree.parse(path))
