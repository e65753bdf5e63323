"""Claims, attempts and the ledger: what the city is owed and what became of it. Pure."""
