"""Runs held against each other, case by case: pure, runs in, findings out."""
