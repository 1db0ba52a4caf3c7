"""Bytes, wherever they lie: on a disk, in a zip, compressed, beside their header; and whether memory suffices."""
