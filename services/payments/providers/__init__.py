"""Ways to pay: one port (`port`) and one package per provider behind it."""
