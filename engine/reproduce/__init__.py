"""The papers' tables again: every row trained by its protocol on the data at hand, beside what was printed."""
