"""The map as a picture: drawn once by PostGIS, for a page that is there before any script is."""
