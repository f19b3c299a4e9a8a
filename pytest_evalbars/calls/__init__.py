"""Calls of models through litellm: measured, recorded, replayed."""
