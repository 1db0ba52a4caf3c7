"""The networks, their weight files and the cards that describe these."""
