"""Past runs: kept, listed, and read case by case."""
