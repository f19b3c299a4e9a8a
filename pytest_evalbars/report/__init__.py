"""What people read: the terminal's summary, and bars as test reports."""
