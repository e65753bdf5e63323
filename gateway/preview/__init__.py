"""Every page with sample data, for designers and for tests; not part of the running portal."""
