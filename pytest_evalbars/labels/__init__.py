"""What people say of answers: samples drawn for them, the sheets they fill in, the file of their labels."""
