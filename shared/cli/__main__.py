"""`python -m shared.cli`, also installed as `portal`."""

from shared.cli.commands import main

main()
