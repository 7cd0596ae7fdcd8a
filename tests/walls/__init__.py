"""The second wall, from the catalogue of PostgreSQL and from the map of URLs."""
