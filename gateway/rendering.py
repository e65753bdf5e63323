"""Draws a view model into its template. Autoescape is on and an undefined name is an error."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gateway import formats
from gateway.icons import icon
from gateway.translations import LANGUAGES, Translator
from gateway.views.frame import Frame, Language, Page

_FORMATS: dict[str, Callable[..., str]] = {
    "money": formats.money,
    "day": formats.day,
    "short_day": formats.short_day,
    "moment": formats.moment,
    "span": formats.span,
}


class Renderer:
    """One environment a language, so that templates need not say which one they speak.

    `asset` maps an asset's plain name to its address (`gateway.assets.serving.Assets.url`).
    """

    def __init__(self, asset: Callable[[str], str]) -> None:
        self._environments = {language: _environment(language, asset) for language in LANGUAGES}

    def page(self, view: Page, frame: Frame) -> str:
        """The whole page as HTML."""
        return self._environments[frame.language].get_template(view.template).render(view=view, frame=frame)

    def fragment(self, template: str, view: object, frame: Frame) -> str:
        """A part of a page on its own, for the live stream: `case/_timeline.html`."""
        return self._environments[frame.language].get_template(template).render(view=view, frame=frame)


def _environment(language: Language, asset: Callable[[str], str]) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words: dict[str, Any] = {"t": Translator(language), "language": language, "icon": icon, "asset": asset}
    environment.globals.update(words)
    environment.filters.update({name: partial(_written, write, language) for name, write in _FORMATS.items()})
    return environment


def _written(write: Callable[..., str], language: Language, value: object) -> str:
    return write(value, language)
