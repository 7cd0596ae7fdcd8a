"""What a township looks at: its map, acting on it, its day."""
