"""Arrays in, estimates out: the statistics behind every verdict.

Pure numpy and scipy.special. Import the modules by name; this package imports none of them, so that nothing
heavy comes along by accident.
"""
