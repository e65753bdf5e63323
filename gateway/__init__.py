"""The gateway: pages, sessions and live updates for people. It holds no business rule."""
