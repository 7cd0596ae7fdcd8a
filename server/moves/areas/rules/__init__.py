"""What becomes of areas: the words, the changes, the boundaries."""
