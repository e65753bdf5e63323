"""Every sentence of the portal, German and English, by key. Both files hold the same keys."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from gateway.views.frame import Language

LANGUAGES: Final[tuple[Language, ...]] = ("de", "en")


class Translator:
    """`t("form.errors", count=2)`: the sentence of a key with its parameters filled in.

    With a `count`, the key's `.one` or `.other` is taken. Raises KeyError for a key there is not: a
    page with a hole is found by a test, not by a citizen.
    """

    def __init__(self, language: Language) -> None:
        self.language = language
        self.sentences = sentences(language)

    def __call__(self, key: str, **parameters: object) -> str:
        if "count" in parameters:
            key += ".one" if parameters["count"] == 1 else ".other"
        sentence = self.sentences[key]
        return sentence.format(**parameters) if parameters else sentence

    def known(self, key: str) -> bool:
        return key in self.sentences

    def below(self, prefix: str) -> list[str]:
        """The sentences numbered below a prefix, in order: paragraphs of a text."""
        return [text for key, text in self.sentences.items() if key.startswith(f"{prefix}.")]


@cache
def sentences(language: Language) -> dict[str, str]:
    """All sentences of a language by dotted key."""
    tree = json.loads((Path(__file__).parent / f"{language}.json").read_text("utf-8"))
    return dict(_flat(tree, ""))


def _flat(tree: dict[str, Any], prefix: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, value in tree.items():
        pairs += _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(f"{prefix}{key}", value)]
    return pairs
