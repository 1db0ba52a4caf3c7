"""The window of groundglass. Knows the engine; the engine never knows it."""
