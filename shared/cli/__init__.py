"""`portal`: the operator's command."""
