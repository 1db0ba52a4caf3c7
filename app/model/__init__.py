"""What the window knows: one session, its actions, its settings. No widgets."""
