"""What the city offers, read from files: services as data, zones, streets, tariffs and statutes."""
