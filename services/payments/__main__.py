"""`python -m services.payments`."""

from services.payments.wiring import SERVICE
from shared.process import run

run(SERVICE)
