"""A package by name: a distribution that brings a `tests` of its own does not hide this one."""
