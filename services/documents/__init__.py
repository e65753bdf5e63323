"""Documents: renders, seals, stores and vouches for what the city issues."""
