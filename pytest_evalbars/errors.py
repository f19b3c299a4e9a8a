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


class LabelsError(EvalbarsError):
    """A file of people's labels, or a sheet that they filled in, cannot be read, written or understood."""


class CalibrationError(EvalbarsError):
    """A judge cannot be calibrated, or the record of that cannot be read or written."""


class JudgeError(EvalbarsError):
    """A judge came to no verdict: it refused, it said something else than a verdict, or its model gave no answer."""


class ScorerError(EvalbarsError):
    """Another tool's scorer gave no score. Its text names the tool and the scorer; its cause is what was raised."""


class CodeRunnerError(EvalbarsError):
    """The process that runs tested code could not be started or did not answer: an outage, no verdict on the code."""


class ModelError(EvalbarsError):
    """A model gave no answer."""


class MissingExtra(EvalbarsError):  # noqa: N818 - what the user is told
    """A part of the package was asked for whose libraries are not installed."""


class CallsError(EvalbarsError):
    """A call of a model cannot be recorded, or its recording cannot be read."""


class MissingCall(CallsError):  # noqa: N818 - said in a report, the word is enough
    """Answers are replayed, and this call was not recorded."""


class ReportError(EvalbarsError):
    """A report cannot be written, or a run has none."""
