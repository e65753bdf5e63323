"""What a process tells its operators: log lines, metrics, traces. Never personal data."""
