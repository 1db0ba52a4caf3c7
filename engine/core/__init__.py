"""What every other room stands on: errors, array types, signals, progress, paths, atomic files."""
