"""The engine: everything groundglass knows about chest CT. No window: runs on a server, in a notebook."""
