"""MetaImage: MHA and MHD."""
