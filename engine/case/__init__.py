"""One open case: volume, label map, label set, and the history of every change."""
