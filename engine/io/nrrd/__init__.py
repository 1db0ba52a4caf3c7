"""NRRD with its data inside or beside it."""
