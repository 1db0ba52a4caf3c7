"""What stands beside the slices. One file per panel; panels watch the session and never each other."""
