"""The run: what one session's cases said, as lines on disk and as columns in memory."""
