"""The HTTP side of every process: problems, tokens, idempotency, probes, and the app that wires them."""
