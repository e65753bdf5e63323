"""`python -m deploy.local.sandbox.register`: serve until a signal.

PORTAL_PORT_REGISTER (8107), PORTAL_HOST (127.0.0.1), PORTAL_LOG_LEVEL (info).
"""

import os

import uvicorn

from deploy.local.sandbox.register.app import create_app


def main() -> None:
    uvicorn.run(
        create_app(),
        host=os.environ.get("PORTAL_HOST", "127.0.0.1"),
        port=int(os.environ.get("PORTAL_PORT_REGISTER", "8107")),
        log_level=os.environ.get("PORTAL_LOG_LEVEL", "info").lower(),
    )


if __name__ == "__main__":
    main()
