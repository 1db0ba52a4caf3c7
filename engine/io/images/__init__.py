"""What NIfTI, NRRD and MetaImage have in common: stored values on a grid, and the CT volume made of them."""
