"""Judges: a rubric, a model that reads it, and a verdict that can be traced to both."""
