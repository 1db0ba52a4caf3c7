"""Label maps: those of other programs in, ours out, and the JSON that names the labels."""
