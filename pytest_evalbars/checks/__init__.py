"""Ready code checks of an answer: each returns whether it passed, a score and the reason."""
