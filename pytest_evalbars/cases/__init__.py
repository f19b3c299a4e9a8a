"""What a case is: markers, case files, the evalcase fixture."""
