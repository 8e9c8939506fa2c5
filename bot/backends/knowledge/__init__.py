"""The knowledge folder: read and checked, published, indexed, searched."""
