"""Web assets: pinned, trimmed, subset, named by content, served compressed."""
