"""Reads a bank's XML as it comes, in pieces: never the whole in memory, and nothing that XML can do to us.

On expat itself: a document type is refused before the first entity of it, so there is none to expand and
nothing to fetch; depth, size and the size of a piece are bounded. A refusal says why and on which line.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final
from xml.parsers import expat

DEEPEST: Final = 40
LARGEST: Final = 256 * 1024 * 1024
"""Bytes of a file; a statement of 10,000 entries has about 15 MB."""
MOST_ELEMENTS: Final = 2_000_000
"""Of one piece, such as an entry with all its transactions."""
LONGEST_TEXT: Final = 100_000
"""Characters of one element; the longest that a bank may write has some hundred."""
LONGEST_NAME: Final = 35
_NUMBER: Final = re.compile(r"[0-9]{1,18}")
"""Looked at before it is counted with; a column of the database holds as many digits."""


class Refusal(StrEnum):
    """Why a file is not read."""

    NOT_XML = "not_xml"
    DOCTYPE = "doctype"
    TOO_DEEP = "too_deep"
    TOO_LARGE = "too_large"
    OTHER_MESSAGE = "other_message"
    CONTENT = "content"


class XmlRefused(ValueError):
    """The file is not what it should be; `line` counts from 1. The message repeats nothing of the file."""

    def __init__(self, reason: Refusal, line: int, what: str = "") -> None:
        super().__init__(f"line {line}: {reason.value}" + (f", {what}" if what else ""))
        self.reason = reason
        self.line = line


@dataclass(slots=True)
class Node:
    """An element without its namespace; `text` is what stands before its first child, without blanks around
    it. A leaf owns no container."""

    name: str
    line: int
    attributes: Mapping[str, str] | None = None
    text: str = ""
    children: "Sequence[Node]" = ()

    def put(self, child: "Node") -> None:
        """Adds a child behind the others."""
        if isinstance(self.children, list):
            self.children.append(child)
        else:
            self.children = [child]

    def find(self, path: str) -> "Node | None":
        """The first element at a path such as `Refs/EndToEndId`."""
        found = self.all(path)
        return found[0] if found else None

    def all(self, path: str) -> "list[Node]":
        """Every element at a path, in order."""
        found = [self]
        for name in _steps(path):
            found = [child for node in found for child in node.children if child.name == name]
            if not found:
                break
        return found

    def said(self, *paths: str) -> str:
        """The text at the first of the paths that has one; empty where none has."""
        for path in paths:
            for found in self.all(path):
                if found.text:
                    return found.text
        return ""

    def short(self, *paths: str) -> str:
        """The same, of what names something: an identifier, a code. Raises XmlRefused where it is longer."""
        text = self.said(*paths)
        if len(text) > LONGEST_NAME:
            raise XmlRefused(Refusal.CONTENT, self.line, "a name or a code is too long")
        return text

    def number(self, *paths: str) -> int | None:
        """The same, of a number; None where none is said. Raises XmlRefused."""
        text = self.said(*paths)
        if text and not _NUMBER.fullmatch(text):
            raise XmlRefused(Refusal.CONTENT, self.line, "a number is impossible")
        return int(text) if text else None


@cache
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split("/"))


@dataclass(frozen=True, slots=True)
class Piece:
    """A child of an open container; or, without a node, the container's end."""

    container: str
    node: Node | None = None


def pieces(
    chunks: Iterable[bytes], namespaces: Iterable[str], containers: frozenset[str], *, largest: int = LARGEST
) -> Iterator[Piece]:
    """The children of `containers` as each is complete, and each container's end. Raises XmlRefused.

    The root is `Document` in one of the `namespaces`; elements of another namespace are passed over.
    """
    reading = _Reading(frozenset(namespaces), containers | {"Document"})
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > largest:
            raise XmlRefused(Refusal.TOO_LARGE, reading.line)
        yield from reading.feed(chunk)
    yield from reading.feed(b"", last=True)


class _Reading:
    def __init__(self, namespaces: frozenset[str], containers: frozenset[str]) -> None:
        self._namespaces = namespaces
        self._containers = containers
        self._namespace = ""
        self._depth = 0
        self._elements = 0
        self._open: list[str] = []
        self._stack: list[Node] = []
        self._foreign = 0
        self._ready: list[Piece] = []
        parser = self._parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._doctype

    @property
    def line(self) -> int:
        return self._parser.CurrentLineNumber

    def feed(self, chunk: bytes, *, last: bool = False) -> list[Piece]:
        try:
            self._parser.Parse(chunk, last)
        except expat.ExpatError as error:
            raise XmlRefused(Refusal.NOT_XML, error.lineno, expat.ErrorString(error.code)) from None
        except (ValueError, LookupError) as error:
            if isinstance(error, XmlRefused):
                raise
            raise XmlRefused(Refusal.NOT_XML, self.line, "an encoding that is not known") from None
        ready, self._ready = self._ready, []
        return ready

    def _doctype(self, *_: object) -> None:
        raise XmlRefused(Refusal.DOCTYPE, self.line)

    def _start(self, qualified: str, attributes: dict[str, str]) -> None:
        namespace, _, name = qualified.rpartition(" ")
        self._depth += 1
        if self._depth > DEEPEST:
            raise XmlRefused(Refusal.TOO_DEEP, self.line)
        if self._depth == 1:
            self._begin(namespace, name)
        elif self._foreign or namespace != self._namespace:
            self._foreign += 1
        elif not self._stack and name in self._containers:
            self._open.append(name)
        else:
            self._node(name, attributes)

    def _begin(self, namespace: str, name: str) -> None:
        if name != "Document" or namespace not in self._namespaces:
            raise XmlRefused(Refusal.OTHER_MESSAGE, self.line)
        self._namespace = namespace
        self._open.append(name)

    def _node(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            raise XmlRefused(Refusal.TOO_LARGE, self.line)
        node = Node(name, self._parser.CurrentLineNumber, attributes or None)
        if self._stack:
            self._stack[-1].put(node)
        self._stack.append(node)

    def _text(self, text: str) -> None:
        if not self._stack or self._foreign or self._stack[-1].children:
            return
        node = self._stack[-1]
        if len(node.text) + len(text) > LONGEST_TEXT:
            raise XmlRefused(Refusal.TOO_LARGE, self.line)
        node.text += text

    def _end(self, _qualified: str) -> None:
        self._depth -= 1
        if self._foreign:
            self._foreign -= 1
        elif self._stack:
            node = self._stack.pop()
            node.text = node.text.strip()
            if not self._stack:
                self._elements = 0
                self._ready.append(Piece(self._open[-1], node))
        else:
            self._ready.append(Piece(self._open.pop()))
