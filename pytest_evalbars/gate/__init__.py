"""The gate: bars held against a run. Pure functions of (run, bars); no pytest, no files, no clock."""
