"""What every page has: its frame, language, look, and the door."""
