"""All SQL of changes of areas: how things are, and how they are written anew."""
