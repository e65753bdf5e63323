"""What is written out when a template is read is what would be written each time."""

from collections.abc import Callable
from pathlib import Path

import pytest
from jinja2 import FileSystemLoader

from gateway import rendering
from gateway.preview.samples import pages
from gateway.rendering import Renderer
from gateway.translations import LANGUAGES, Translator
from gateway.views.frame import Frame, Language

TEMPLATES = Path(rendering.__file__).parent / "templates"


def asset(name: str) -> str:
    return f"/static/{name}?a=1&b=2"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_the_same_as_when_all_is_asked_each_time(language: Language) -> None:
    once, each_time = Renderer(asset), Renderer(asset)
    for environment in each_time._environments.values():
        environment.loader = FileSystemLoader(TEMPLATES)
    frame = Frame(language=language, path="/x", csrf="token", year=2026)
    for name, view in pages(Translator(language)).items():
        assert once.page(view, frame) == each_time.page(view, frame), name


def test_what_holds_braces_or_markup_stays_text(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        "{{ t('braces') }} {{ t('markup') }} {{ icon('x', 20) }} {{ icon('x') }}"
    )
    words = {"braces": "a {{ b }} {% c %}", "markup": "<b> & \"c\" 'd'"}
    environment = rendering._environment("de", asset)

    def icon(name: str, size: int = 24) -> str:
        return f"{name}{size}"

    said: dict[str, Callable[..., str]] = {"t": words.__getitem__, "icon": icon}
    environment.globals.update(said)
    environment.loader = rendering._SaidOnce(tmp_path, said)
    written = environment.get_template("page.html").render()
    assert written == "a {{ b }} {% c %} &lt;b&gt; &amp; &#34;c&#34; &#39;d&#39; x20 x24"
