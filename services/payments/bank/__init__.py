"""What goes to the city's bank and what comes from it: files, debits, statements."""
