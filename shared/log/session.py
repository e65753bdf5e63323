"""What the server is told about each of our sessions, so that one whose process vanished does not stay."""

from typing import Final

SESSION: Final = {
    "idle_in_transaction_session_timeout": "10s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "2",
}
"""A session cut off by a partition holds the relay's lock, or feed_head and with it every feed of the server.
The server learns of it in twenty seconds by keep-alive, in ten where a transaction is open."""
