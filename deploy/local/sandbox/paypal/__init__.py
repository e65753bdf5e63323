"""PayPal for the demo: speaks Orders v2, keeps a book of its own, signs webhooks, and errs when told to."""
