"""What `--json` of every command prints: one documented, versioned schema.

`evalbars.schema.json` beside this file holds it; `python -m pytest_evalbars.schema` prints it.
"""
