"""Applications: the catalogue of services, the cases of citizens, the clerk's worklist."""
