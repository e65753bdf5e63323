"""The JSON API below /api/v1: what the pages do, for programs. It adds sentences and decides nothing."""
