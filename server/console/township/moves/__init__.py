"""Acting on the map: who serves a cell, its boundary, and who is in no cell yet."""
