"""Where voxels lie in the patient. Inside the program every physical point is LPS, in mm."""
