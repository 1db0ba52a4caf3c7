"""Real (or synthetic) chests as hosts: disease is painted into them, so that its truth is known to the voxel."""
