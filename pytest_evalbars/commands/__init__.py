"""The subcommands of `evalbars`: one a file, each with `add` (its words) and `run` (what it does)."""
