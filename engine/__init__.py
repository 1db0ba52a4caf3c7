"""The engine: everything groundglass knows about chest CT, without a window. Runs headless, on a server, in a notebook."""
