"""Where the user's settings stand: the bars table in TOML, and the command line's options."""
