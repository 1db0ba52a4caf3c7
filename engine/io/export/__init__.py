"""Images and figures to files, read back before they count."""
