"""A population register for the demo: says whether a person is registered as described, and nothing more."""
