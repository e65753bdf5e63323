"""The books seen from outside: batches for the cash office, comparison with providers, overviews."""
