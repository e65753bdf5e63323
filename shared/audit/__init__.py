"""A log that proves itself untouched: Merkle roots of what is settled, signed, chained, anchored."""
