"""What a user can get wrong. Each error's text says what, where and how to mend it."""


class EvalbarsError(Exception):
    """A mistake in what the user wrote, told in full by its text: no traceback is needed to understand it."""


class BarsError(EvalbarsError):
    """A bars file cannot be used, or a bar in it cannot mean anything."""


class MarkerError(EvalbarsError):
    """A test's eval markers contradict each other or cannot be read."""


class RunFileError(EvalbarsError):
    """A run file cannot be read or written, or says the same thing twice."""


class HistoryError(EvalbarsError):
    """The history of runs cannot be read or written."""


class RubricError(EvalbarsError):
    """A rubric cannot be read, or cannot mean anything."""


class JudgeError(EvalbarsError):
    """A judge came to no verdict: it refused, it said something else than a verdict, or its model gave no answer."""
