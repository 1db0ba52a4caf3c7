"""The terminal: one file per verb, each an arrangement of the same functions the window uses."""
