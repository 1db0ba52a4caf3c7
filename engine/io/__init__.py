"""Files in, files out: DICOM, NIfTI, NRRD and MHA to volumes; label maps to files."""
