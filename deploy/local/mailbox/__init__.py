"""Catches every mail the local portal sends and shows it: SMTP in, a page and a small JSON API out."""
