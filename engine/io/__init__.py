"""Files in, files out. One folder per format, and what they share.

| folder | holds |
|---|---|
| `dicom/` | from a heap of files to series, from a series to one volume |
| `nifti/`, `nrrd/`, `metaimage/` | one image per file |
| `masks/` | label maps: those of other programs in, ours out |
| `export/` | images and figures written, read back before they count |
| `images/` | stored values on a grid, before anyone decides whether they are a CT or a mask |
| `files/` | bytes: on a disk, in a zip, compressed, beside their header |

`source.py` is the door to all readers; `registry.py` names them.
"""
