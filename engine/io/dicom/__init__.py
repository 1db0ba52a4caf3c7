"""DICOM: from a heap of files to series, from a series to one volume."""
