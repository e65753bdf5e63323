"""The pages: each module answers some addresses and exports its `ROUTES`."""
