"""Calls of models through litellm: a client; and all calls of a session measured, recorded, replayed."""
