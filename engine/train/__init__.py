"""Training: recipes, samples, augmentation, the loop and the process it runs in."""
