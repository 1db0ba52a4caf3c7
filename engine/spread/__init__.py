"""Many cases, or many trainings, worked on in one place or another: this machine, or a Ray cluster."""
