"""`python -m deploy.local.sandbox.bank`: serve until a signal; see `settings` for the environment."""

import os
import sys

import uvicorn

from deploy.local.sandbox.bank.app import create_app
from deploy.local.sandbox.bank.settings import Settings


def main() -> int:
    try:
        settings = Settings.from_environment(os.environ)
    except ValueError as refusal:
        print(refusal, file=sys.stderr)
        return 2
    uvicorn.run(create_app(settings), host=settings.host, port=settings.port, log_level=settings.log_level)
    return 0


if __name__ == "__main__":
    sys.exit(main())
