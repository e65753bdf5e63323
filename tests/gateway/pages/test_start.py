"""The start page: for visitors drawn once, for everybody else each time."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.rendering import MOST_KEPT, KeptPages
from gateway.views.frame import Frame, Page, Person
from gateway.views.services import StartPage
from tests.gateway.pages.conftest import Visitor
from tests.gateway.pages.samples import service
from tests.gateway.pages.town import Town

NOBODY = Frame(language="de", path="/", csrf="token-of-one-visitor", year=2026)
PAGE = StartPage(cards=())


class Drawing:
    """A renderer that says what it was given, and the form token where a page has one."""

    def __init__(self, *, form: bool = False) -> None:
        self.form, self.times = form, 0

    def page(self, view: Page, frame: Frame) -> str:
        self.times += 1
        return f"{view} {frame.language} {frame.path}" + (f" {frame.csrf}" if self.form else "")


def keeping(drawing: Drawing) -> KeptPages:
    renderer: Any = drawing
    return KeptPages(renderer)


class TestAKeptPage:
    def test_is_drawn_once_whoever_looks(self) -> None:
        drawing = Drawing()
        kept = keeping(drawing)
        pages = {kept.page(StartPage(cards=()), replace(NOBODY, csrf=token)) for token in ("a", "b")}
        assert (len(pages), drawing.times) == (1, 1)

    @pytest.mark.parametrize("change", [{"language": "en"}, {"path": "/x"}, {"year": 2027}])
    def test_is_another_in_another_frame(self, change: dict[str, Any]) -> None:
        drawing = Drawing()
        kept = keeping(drawing)
        kept.page(PAGE, NOBODY)
        kept.page(PAGE, replace(NOBODY, **change))
        assert drawing.times == 2

    def test_is_another_for_another_view(self) -> None:
        kept = keeping(Drawing())
        assert kept.page(PAGE, NOBODY) != kept.page(replace(PAGE, query="Hund"), NOBODY)

    @pytest.mark.parametrize("change", [{"person": Person(name="Kim")}, {"notice": "withdrawn"}])
    def test_is_nobodys(self, change: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="for somebody"):
            keeping(Drawing()).page(PAGE, replace(NOBODY, **change))

    def test_has_no_form(self) -> None:
        with pytest.raises(ValueError, match="with a form"):
            keeping(Drawing(form=True)).page(PAGE, NOBODY)

    def test_goes_when_there_are_too_many(self) -> None:
        drawing = Drawing()
        kept = keeping(drawing)
        for path in range(MOST_KEPT + 1):
            kept.page(PAGE, replace(NOBODY, path=f"/{path}"))
        kept.page(PAGE, replace(NOBODY, path="/0"))
        assert drawing.times == MOST_KEPT + 2


class TestTheStartPage:
    async def test_of_a_visitor_is_not_that_of_who_is_signed_in(self, visitor: Visitor) -> None:
        before = await visitor.get("/")
        visitor.signs_in()
        mine = await visitor.get("/")
        visitor.http.cookies.clear()
        after = await visitor.get("/")
        assert "tools__name" in mine.text
        assert "tools__name" not in after.text
        assert (before.text, before.headers.get("set-cookie")) == (after.text, None)

    async def test_shows_a_notice_once(self, visitor: Visitor) -> None:
        plain = await visitor.get("/")
        visitor.http.cookies.set("notice", "withdrawn", domain="portal.test")
        told = await visitor.get("/")
        assert 'role="status"' in told.text
        assert 'role="status"' not in plain.text
        assert (await visitor.get("/")).text == plain.text

    async def test_changes_with_what_the_city_offers(self, visitor: Visitor, town: Town) -> None:
        assert "Anderer Titel" not in (await visitor.get("/")).text
        town.tell("GET", "/services", (200, {"services": [{**service(), "title": "Anderer Titel"}]}))
        visitor.portal.catalogue._kept.clear()  # its seconds are over
        assert "Anderer Titel" in (await visitor.get("/")).text
