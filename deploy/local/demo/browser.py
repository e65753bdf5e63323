"""A browser without a screen: keeps cookies, follows redirects, reads forms and sends them back."""

from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import httpx

from deploy.local.demo.wire import Wire
from deploy.local.ports import HOST


class PageRefused(Exception):
    """A page did not answer as a citizen would expect; the message says which and how.

    `page` is what came instead, None where it is about a page that lacks something.
    """

    def __init__(self, message: str, page: "Page | None" = None) -> None:
        super().__init__(message)
        self.page = page


@dataclass(slots=True)
class Form:
    """A form of a page with what it would send untouched; `buttons` are (name, value)."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    """Collects forms, links and the text of alerts."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._open: Form | None = None
        self._select = ""
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        a = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in a:
            self.links.append(a["href"])
        if tag == "form":
            self._open = Form(a.get("action", ""))
            self.forms.append(self._open)
        elif self._open is not None:
            self._control(tag, a, self._open)

    def _control(self, tag: str, a: dict[str, str], form: Form) -> None:
        name = a.get("name", "")
        if tag == "button" and a.get("type", "submit") == "submit":
            form.buttons.append((name, a.get("value", "")))
        elif tag == "select":
            self._select = name
            form.names.add(name)
        elif tag == "option" and "selected" in a and self._select:
            form.fields[self._select] = a.get("value", "")
        elif tag in ("input", "textarea") and name:
            form.names.add(name)
            if a.get("type") not in ("radio", "checkbox") or "checked" in a:
                form.fields[name] = a.get("value", "")

    def handle_data(self, data: str) -> None:
        self._text.append(data)

    def said(self) -> str:
        """The words of the page, without its markup."""
        return " ".join(" ".join(self._text).split())

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = ""


@dataclass
class Page:
    """One page as received, read when first asked: `text` is with its markup, `said` without."""

    url: str
    status: int
    text: str
    is_html: bool = True

    @cached_property
    def _read(self) -> _Reader:
        reader = _Reader()
        if self.is_html:
            reader.feed(self.text)
        return reader

    @property
    def forms(self) -> list[Form]:
        return self._read.forms

    @property
    def links(self) -> list[str]:
        return self._read.links

    @property
    def said(self) -> str:
        return self._read.said()

    def form(self, *, with_field: str = "", action: str = "") -> Form:
        """The first form that has the field or whose action holds the text. Raises PageRefused."""
        for found in self.forms:
            if (with_field and with_field in found.names) or (action and action in found.action):
                return found
        wanted = with_field or action
        raise PageRefused(f"{self.url} ({self.status}) has no form with {wanted!r}")


class Browser:
    """One visitor. Pages come back with redirects followed; a status from 400 raises PageRefused."""

    def __init__(self, base: str, comes_from: str = HOST) -> None:
        """`comes_from` is the visitor's own address: rate limits count by it."""
        self.http = httpx.AsyncClient(
            base_url=base,
            follow_redirects=True,
            timeout=30,
            trust_env=False,
            transport=Wire(comes_from),
        )

    async def get(self, url: str) -> Page:
        return self._page(await self.http.get(url))

    async def send(self, page: Page, form: Form, *, button: str = "", **answers: Any) -> Page:
        """Fills a form in as a person would and sends it; `button` is the value of the button pressed."""
        data = {**form.fields, **{name: str(value) for name, value in answers.items()}}
        pressed = next((b for b in form.buttons if b[0] and b[1] == button), None)
        if pressed:
            data[pressed[0]] = pressed[1]
        target = urljoin(page.url, form.action or page.url)
        return self._page(await self.http.post(target, data=data, headers={"Referer": page.url}))

    async def aclose(self) -> None:
        await self.http.aclose()

    @staticmethod
    def _page(answer: httpx.Response) -> Page:
        is_html = answer.headers.get("content-type", "").startswith("text/html")
        page = Page(str(answer.url), answer.status_code, answer.text, is_html)
        if page.status >= 400:
            asked = f"{answer.request.method} {page.url}"
            raise PageRefused(f"{asked} answered {page.status}: {page.said[200:600]}", page)
        return page
