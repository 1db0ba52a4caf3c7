"""Work that runs beside the window: threads, the engine process, the trainer."""
