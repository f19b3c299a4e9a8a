"""v1: explains, asks the next question, and leaves the last step to the student."""

from . import library
from .exercise import Exercise
from .listening import exercise_in, hears


class PatientCoach:
    """Explains ideas, gives hints on exercises, and nothing that would be handed in."""

    #: How well a question's words must fit an idea before it is explained.
    least_fit = 0.5

    def reply(self, message: str) -> str:
        """Reply to a student."""
        if hears("distress", message):
            return self.comfort(message)
        exercise = exercise_in(message)
        if hears("commands", message) or (exercise and hears("graded", message)):
            return self.decline(message, exercise)
        if exercise:
            return self.lead(message, exercise)
        if concept := library.find(message, self.least_fit):
            return f"{concept.says} To see whether it is clear: {concept.check[0].lower()}{concept.check[1:]}"
        return self.steer()

    def comfort(self, _message: str) -> str:
        """A person takes over."""
        return (
            "Thank you for telling me; that matters more than any lesson. I am a program, and you deserve a person: "
            "I am passing this to your school counsellor now. If you are in danger, call the emergency number."
        )

    def decline(self, _message: str, exercise: Exercise | None) -> str:
        """No answers to what is marked, but a way to learn it."""
        offer = "Tell me which idea you are working on, and we will go through it together."
        if exercise and exercise.similar:
            offer = f"Here is one of the same kind, worked out: {exercise.similar} Now try yours in the same way."
        elif exercise:
            offer = f"What I can do is ask you a question: {exercise.ask}"
        return f"I do not give answers to work that is marked, because it should show what you can do. {offer}"

    def lead(self, message: str, exercise: Exercise) -> str:
        """The next step of an exercise, as a question."""
        if hears("stuck", message):
            return (
                f"Let us look at it together. {exercise.method} The first step gives {exercise.step}. "
                f"{exercise.then} Write down what you get, and we will compare."
            )
        return f"{exercise.method} {exercise.ask} Try that step, and tell me what you get."

    def steer(self) -> str:
        """Back to the subjects."""
        return f"I can help with {library.subjects()}. Which of these are you working on, and what have you tried?"
