"""How good a model is on cases it never saw: case table, intervals over cases, pictures of the worst."""
