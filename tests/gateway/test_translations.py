"""German and English say the same things, and nothing is said that no page says."""

import json
import re
from string import Formatter

import pytest

from gateway.assets.places import GATEWAY
from gateway.translations import LANGUAGES, Translator, sentences

SOURCES = [*GATEWAY.rglob("templates/**/*.html"), *GATEWAY.glob("*.py"), *GATEWAY.glob("views/*.py")]
SOURCES += [*GATEWAY.glob("pages/**/*.py"), *GATEWAY.glob("api/**/*.py")]
CODE = "\n".join(path.read_text() for path in SOURCES)
WHOLE = set(re.findall(r"""['"]([a-z_]+(?:\.[a-z_0-9-]+)+)['"](?!\s*~)""", CODE))
STARTS = set(re.findall(r"""['"]([a-z_]+\.(?:[a-z_]+\.)*)['"]\s*~""", CODE))
STARTS |= set(re.findall(r"""f"([a-z_]+\.)\{""", CODE)) | {f"{name}." for name in WHOLE}
CALLED = set(re.findall(r"""\bt\(['"]([a-z_]+(?:\.[a-z_0-9-]+)+)['"][,)]""", CODE))


def parameters(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), {key for key in keys if keys.count(key) > 1}
    return dict(pairs)


class TestBothLanguages:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_say_each_key_once(self, language: str) -> None:
        text = (GATEWAY / "translations" / f"{language}.json").read_text("utf-8")
        assert json.loads(text, object_pairs_hook=once)

    def test_hold_the_same_keys_in_the_same_order(self) -> None:
        assert list(sentences("de")) == list(sentences("en"))

    def test_take_the_same_parameters(self) -> None:
        german, english = sentences("de"), sentences("en")
        assert {k: parameters(v) for k, v in german.items()} == {k: parameters(v) for k, v in english.items()}

    def test_leave_nothing_empty_or_untranslated(self) -> None:
        german, english = sentences("de"), sentences("en")
        same = {key for key in german if german[key] == english[key] and len(german[key]) > 20}
        assert all([*german.values(), *english.values()])
        assert same == {"method.card.hint"}


class TestKeys:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_exist_where_code_asks_for_them(self, language: str) -> None:
        known = sentences("de").keys()
        whole = known | {key.rsplit(".", 1)[0] for key in known if key.endswith((".one", ".other"))}
        assert whole >= CALLED

    def test_are_all_used(self) -> None:
        unused = [key for key in sentences("de") if key not in WHOLE and not key.startswith(tuple(STARTS))]
        assert unused == []


class TestTranslator:
    def test_chooses_between_one_and_many(self) -> None:
        t = Translator("en")
        assert t("form.errors", count=1) == "One answer needs another look"
        assert t("form.errors", count=3) == "3 answers need another look"

    def test_refuses_a_key_there_is_not(self) -> None:
        with pytest.raises(KeyError):
            Translator("de")("form.nonsense")
