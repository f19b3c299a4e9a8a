"""A study coach for five subjects, in two versions. It needs no model: rules, lessons and a little algebra."""

from .v1 import PatientCoach
from .v2 import FriendlyCoach


def load(version: str) -> PatientCoach:
    """The coach of a version."""
    match version:
        case "v1":
            return PatientCoach()
        case "v2":
            return FriendlyCoach()
    raise ValueError(f"no coach {version!r}: STUDY_COACH_VERSION is v1 or v2")
