"""From a CT and a weight file to a label map."""
