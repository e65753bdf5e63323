"""`python -m services.identity`."""

from services.identity.wiring import SERVICE
from shared.process import run

run(SERVICE)
