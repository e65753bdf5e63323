"""Payments: claims, attempts, the ledger and the providers behind them."""
