"""Counterparts of the portal that cannot be had on one machine: a payment provider, a population register.

They are programs of their own: they share no code with the portal and see of it only what the real ones
would see.
"""
