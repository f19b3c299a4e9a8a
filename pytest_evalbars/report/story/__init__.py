"""The parts of the story that `explain` tells: each a question that a reader asks, answered from the report alone."""
