"""How far a window looks ahead, in multiples of its concurrency."""

#: Cases set up and not yet reported: a slow one stops the others only once so many wait behind it.
AHEAD = 32
#: Cases set up and not yet ended: as many as run stand ready.
READY = 2
#: The same where the event loop is another plugin's, and the window can only look ahead at each turn.
READY_ELSEWHERE = 4
