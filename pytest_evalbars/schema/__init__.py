"""What `--json` of every command prints: one documented, versioned schema.

`python -m pytest_evalbars.schema` prints it as JSON Schema; `evalbars.schema.json` beside this file holds the same.
"""
