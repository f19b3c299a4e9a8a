"""Makes a `Report` of a run and what the gate said of it."""
