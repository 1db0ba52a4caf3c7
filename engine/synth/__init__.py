"""Synthetic chests: anatomy, disease, scanner and faults, all drawn from a seed."""
