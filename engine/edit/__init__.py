"""Editing by hand: pure functions from arrays and a gesture to one reversible change."""
