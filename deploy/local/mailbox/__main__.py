"""Runs the mailbox: `PORTAL_HOST`, `PORTAL_PORT` (page), `PORTAL_SMTP_PORT`, `PORTAL_MAILBOX_DIR` (where
mails lie)."""

import os
from pathlib import Path

import uvicorn

from deploy.local.mailbox.faults import FaultScript
from deploy.local.mailbox.store import MailStore
from deploy.local.mailbox.web import mailbox_app
from deploy.local.places import state_folder
from deploy.local.ports import DEFAULT_PORTS, HOST


def main() -> None:
    host = os.environ.get("PORTAL_HOST", HOST)
    smtp_port = int(os.environ.get("PORTAL_SMTP_PORT", DEFAULT_PORTS["smtp"]))
    folder = Path(os.environ.get("PORTAL_MAILBOX_DIR") or state_folder() / "mailbox")
    app = mailbox_app(MailStore(folder), FaultScript(), host, smtp_port)
    port = int(os.environ.get("PORTAL_PORT", DEFAULT_PORTS["mailbox"]))
    uvicorn.run(app, host=host, port=port, log_level="warning", timeout_graceful_shutdown=3)


if __name__ == "__main__":
    main()
