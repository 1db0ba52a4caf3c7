"""The only callers of the heavy engine. Each function takes plain data and returns a Job; nothing heavy is imported."""
