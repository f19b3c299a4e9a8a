"""Metrics: named functions of a slice. `registry` lists them; each is imported only when a bar asks for it."""
