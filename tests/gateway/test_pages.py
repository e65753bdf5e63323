"""Every page renders in both languages, and says everything in the language it is in."""

import re
from html.parser import HTMLParser

import pytest

from gateway.assets.places import TEMPLATES
from gateway.assets.serving import Assets
from gateway.preview.app import Preview
from gateway.preview.samples import pages
from gateway.translations import LANGUAGES, Translator
from gateway.views.frame import Page

NAMES = sorted(pages(Translator("de")))
VOID = {"meta", "link", "input", "br", "img", "path", "circle", "rect"}


class Outline(HTMLParser):
    """Collects what must be in order on a page: open tags, ids, references, headings, inline script."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.headings: list[int] = []
        self.forbidden: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self.open.append(tag)
        self.forbidden += [name for name in given if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.forbidden.append(tag)
        if "id" in given:
            self.ids.append(given["id"])
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        for name in ("for", "aria-labelledby", "aria-describedby"):
            self.references += given.get(name, "").split()
        if tag == "a" and len(given.get("href", "")) > 1 and given["href"].startswith("#"):
            self.references.append(given["href"][1:])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """`<path/>` inside an icon: opens nothing."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1:] == [tag], f"unexpected </{tag}> at {self.getpos()}"
        self.open.pop()


@pytest.fixture(scope="module")
def preview_pages(assets: Assets) -> Preview:
    return Preview(assets)


@pytest.fixture(params=NAMES)
def drawn(request: pytest.FixtureRequest, preview_pages: Preview) -> list[str]:
    """One page, in each language."""
    return [preview_pages.html(request.param, language) for language in LANGUAGES]


class TestEveryPage:
    def test_is_well_formed(self, drawn: list[str]) -> None:
        assert [Outline(html).open for html in drawn] == [[], []]

    def test_runs_nothing_inline(self, drawn: list[str]) -> None:
        assert [Outline(html).forbidden for html in drawn] == [[], []]

    def test_refers_to_ids_that_exist_once(self, drawn: list[str]) -> None:
        for outline in map(Outline, drawn):
            assert sorted(outline.ids) == sorted(set(outline.ids))
            assert set(outline.references) <= set(outline.ids)

    def test_has_one_heading_of_the_first_level(self, drawn: list[str]) -> None:
        assert [Outline(html).headings.count(1) for html in drawn] == [1, 1]

    def test_guards_its_forms(self, drawn: list[str]) -> None:
        for html in drawn:
            forms = re.findall(r'<form[^>]*method="post".*?</form>', html, flags=re.DOTALL)
            assert all('name="csrf" value="sample"' in form for form in forms)


class TestRendering:
    def test_escapes_what_people_type(self, preview_pages: Preview, assets: Assets) -> None:
        from gateway.views.frame import Frame
        from gateway.views.services import StartPage

        frame = Frame(language="de", path="/", csrf="", year=2026)
        html = preview_pages.renderer.page(StartPage(cards=(), query='"><script>alert(1)</script>'), frame)
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert(1)" in html

    def test_shows_every_template(self) -> None:
        shown = {view.template for view in pages(Translator("de")).values()}
        whole = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html")}
        assert {name for name in whole - shown if not name.rsplit("/", 1)[-1].startswith("_")} == {
            "base.html"
        }

    def test_knows_a_sample_of_every_page_class(self) -> None:
        def below(cls: type[Page]) -> set[str]:
            # By name: a dataclass with slots leaves its first self among the subclasses.
            return {name for one in cls.__subclasses__() for name in {one.__name__, *below(one)}}

        assert {type(view).__name__ for view in pages(Translator("de")).values()} == below(Page)

    def test_switches_to_the_same_page_in_the_other_language(self, preview_pages: Preview) -> None:
        assert 'href="/en/service" lang="en"' in preview_pages.html("service", "de")
        assert 'href="/service" lang="de"' in preview_pages.html("service", "en")
