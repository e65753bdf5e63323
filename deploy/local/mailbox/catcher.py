"""The SMTP side: takes any mail for anybody, unless the fault script says otherwise."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.mailbox.faults import FaultScript
from deploy.local.mailbox.store import MailStore

HANGS_FOR = 600  # seconds; longer than any client's patience
LARGEST = 5_000_000


class Catcher:
    """aiosmtpd's handler of a finished DATA command."""

    def __init__(self, store: MailStore, faults: FaultScript) -> None:
        self._store, self._faults = store, faults

    async def handle_DATA(  # noqa: N802 - aiosmtpd calls it
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        match self._faults.next():
            case "refuse":
                return "451 4.3.0 Refused by the fault script"
            case "hang":
                await asyncio.sleep(HANGS_FOR)
        content = envelope.original_content or b""
        self._store.add(dt.datetime.now(dt.UTC), envelope.mail_from or "", envelope.rcpt_tos, content)
        return "250 2.0.0 Caught"


@asynccontextmanager
async def catching(host: str, port: int, store: MailStore, faults: FaultScript) -> AsyncIterator[None]:
    """Listen for mail for as long as the context lasts."""
    catcher = Catcher(store, faults)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(
            catcher, hostname="mailbox.local", data_size_limit=LARGEST, enable_SMTPUTF8=True, loop=loop
        ),
        host,
        port,
    )
    try:
        yield
    finally:
        server.close()
