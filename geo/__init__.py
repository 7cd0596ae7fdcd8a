"""Where things are: codes, group names, datums, cells, tilings, tiles. Shapely and numpy only."""
