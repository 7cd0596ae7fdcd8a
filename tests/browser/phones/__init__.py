"""The protocol client of the worker's page, driven from outside: by vectors, and by histories."""
