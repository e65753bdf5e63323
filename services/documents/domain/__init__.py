"""What a document is and what may become of it."""
