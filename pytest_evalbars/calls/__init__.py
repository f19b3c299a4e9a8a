"""Calls of models: a client on litellm, and what stands between litellm and every caller in a session."""
