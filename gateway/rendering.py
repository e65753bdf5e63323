"""Draws a view model into its template. Autoescape is on and an undefined name is an error."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import escape

from gateway import formats
from gateway.icons import icon
from gateway.translations import LANGUAGES, Translator
from gateway.views.frame import Frame, Language, Page

MOST_KEPT: Final = 64
_LITERAL: Final = re.compile(r"\{\{ (t|icon|asset)\('([\w./-]+)'(?:, (\d+))?\) \}\}")
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


class KeptPages:
    """Pages for visitors as they were drawn last: the same view in the same frame is the same page.

    Only for pages without a form: a frame's form token is its visitor's alone, and to use it here raises.
    """

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._kept: dict[tuple[Page, Frame], bytes] = {}

    def page(self, view: Page, frame: Frame) -> bytes:
        """The whole page in UTF-8. Raises ValueError for a frame that is somebody's."""
        if frame.person is not None or frame.notice is not None:
            raise ValueError("a page for somebody is not kept")
        place = view, replace(frame, csrf=_NO_TOKEN)
        drawn = self._kept.get(place)
        if drawn is None:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            drawn = self._kept[place] = self._renderer.page(*place).encode()
        return drawn


class _NoToken:
    """Stands where a page that is kept has no form token."""

    def __str__(self) -> str:
        raise ValueError("a page with a form is not kept")


_NO_TOKEN: Final = _NoToken()


class _SaidOnce(FileSystemLoader):
    """Templates in which what is the same on every page is written out when they are read: `{{ t('key') }}`,
    `{{ icon('name', 20) }}` and `{{ asset('name') }}` with nothing but literals."""

    def __init__(self, folder: Path, words: Mapping[str, Callable[..., str]]) -> None:
        super().__init__(folder)
        self._words = words

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        source, name, unchanged = super().get_source(environment, template)
        return _LITERAL.sub(self._written, source), name, unchanged

    def _written(self, call: re.Match[str]) -> str:
        word, name, size = call.groups()
        said = escape(self._words[word](name, *([int(size)] if size else [])))
        return call[0] if "{" in said else str(said)


def _environment(language: Language, asset: Callable[[str], str]) -> Environment:
    calls: dict[str, Callable[..., str]] = {"t": Translator(language), "icon": icon, "asset": asset}
    environment = Environment(
        loader=_SaidOnce(Path(__file__).parent / "templates", calls),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update({**calls, "language": language})
    environment.filters.update({name: partial(_written, write, language) for name, write in _FORMATS.items()})
    return environment


def _written(write: Callable[..., str], language: Language, value: object, *more: object) -> str:
    return write(value, language, *more)
