"""What the left mouse button does. One file per tool; no Qt event and no pixel loop in here."""
