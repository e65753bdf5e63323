"""A paying platform for the demo: speaks XBezahldienste 1.0, keeps its own book, and errs when told to."""
