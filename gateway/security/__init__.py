"""What every request passes: headers, limits, proof that a form is ours. Pure ASGI, no business rule."""
