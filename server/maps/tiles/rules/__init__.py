"""Pure rules of tiles: the frame of a drawing, and the documents that tell a map about them."""
