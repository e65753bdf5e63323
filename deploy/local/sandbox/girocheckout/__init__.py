"""A bank for the demo: speaks GiroCheckout's protocol, keeps a book of its own, and errs when told to."""
