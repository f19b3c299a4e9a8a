"""How trials are run: for now, how they travel between xdist's processes."""
