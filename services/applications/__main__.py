"""`python -m services.applications`."""

from services.applications.wiring import SERVICE
from shared.process import run

run(SERVICE)
