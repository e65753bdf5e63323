"""How files reach the town: whole and at once, unless the script says otherwise."""

import re
from datetime import timedelta
from pathlib import Path

from deploy.local.sandbox.bank.book import Book
from deploy.local.sandbox.bank.faults import Fault, Line
from deploy.local.sandbox.script import Script

_CLOSING = re.compile(rb'(<Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">)([0-9]+)\.([0-9]{2})')
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_BOMB = (
    b"<!DOCTYPE Document [<!ENTITY a0 'x'>"
    + b"".join(b"<!ENTITY a%d '%s'>" % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10))
    + b"]>\n"
)


class Post:
    """Leaves files in `folder`; what is to come later lies in the book until its day."""

    def __init__(self, folder: Path, book: Book, script: Script[Fault]) -> None:
        self._folder = folder
        self._book = book
        self._script = script
        folder.mkdir(parents=True, exist_ok=True)

    def leave(self, call: str, name: str, content: bytes) -> None:
        """`call` is what kind of file it is, as faults name it."""
        self.leave_so(self._script.next_line(call), name, content)

    def leave_so(self, fault: Fault | None, name: str, content: bytes) -> None:
        """With this fault, or as it is."""
        match fault.kind if fault else None:
            case None:
                self._put(name, content)
            case Line.TWICE:
                self._put(name, content)
                self._put(_beside(name, "again"), content.replace(b"</MsgId>", b"-A</MsgId>", 1))
            case Line.LATE | Line.NOTIFIED:
                self._later(fault, name, content)
            case _:
                assert fault is not None
                self._put(_beside(name, "spoilt"), spoilt(fault, content))
                self._later(fault, name, content)

    def send_due(self) -> list[str]:
        """What was put off until today; their names."""
        found = self._book.take_due()
        for name, content in found:
            self._put(name, content)
        return [name for name, _ in found]

    def _later(self, fault: Fault | None, name: str, content: bytes) -> None:
        assert fault is not None
        if fault.days > 0:
            self._book.put_off(name, content, self._book.day + timedelta(days=fault.days))
        else:
            self._put(name, content)

    def _put(self, name: str, content: bytes) -> None:
        """Never half a file: written aside, then named."""
        aside = self._folder / f".{name}"
        aside.write_bytes(content)
        aside.replace(self._folder / name)


def spoilt(fault: Fault, content: bytes) -> bytes:
    """What comes in the file's place."""
    if fault.kind is Line.CUT:
        return content[: len(content) * 2 // 3]
    if fault.kind is Line.HOSTILE:
        body = content.removeprefix(_DECLARATION).replace(b"<MsgId>", b"<MsgId>&a9;", 1)
        return _DECLARATION + _BOMB + body
    if fault.kind is Line.WRONG_SUM:
        return _CLOSING.sub(_a_cent_more, content, count=1)
    return b"Der Abruf ist zurzeit nicht m\xf6glich.\r\n"


def _beside(name: str, what: str) -> str:
    return f"{name.removesuffix('.xml')}-{what}.xml"


def _a_cent_more(found: re.Match[bytes]) -> bytes:
    cents = int(found[2] + found[3]) + 1
    return found[1] + b"%d.%02d" % divmod(cents, 100)
