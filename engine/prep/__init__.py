"""What happens to a CT between the file and the network: crop, resample, grey values."""
