"""Web assets: fetched by pinned version and integrity, trimmed, subset, named by content, served compressed."""
