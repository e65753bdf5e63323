"""What every page has around it."""

from dataclasses import dataclass
from typing import ClassVar, Literal

Language = Literal["de", "en"]
Tone = Literal["info", "success", "warning", "danger"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Base of all pages: which template shows it and which entry of the main navigation it belongs to."""

    template: ClassVar[str]
    nav: ClassVar[str] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who is signed in: the name as shown in the header and the roles that open the staff's pages."""

    name: str
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Language, address without the language prefix, the form token and who is signed in.

    `csrf` may be any object whose `str()` is the token, so that a page without a form need not make one.
    `notice` is a key below `notice.` in the translations, shown once on top of the page.
    """

    language: Language
    path: str
    csrf: object
    year: int
    person: Person | None = None
    notice: str | None = None
    notice_tone: Tone = "success"

    def url(self, path: str) -> str:
        """A page's address in the language of this one."""
        return f"/en{path.rstrip('/')}" if self.language == "en" else path

    def switched(self, language: Language) -> str:
        """This page's address in the other language."""
        return f"/en{self.path.rstrip('/')}" if language == "en" else self.path
