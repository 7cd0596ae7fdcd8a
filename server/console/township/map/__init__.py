"""/map: where, in one's own places, people were visited and where something waits."""
