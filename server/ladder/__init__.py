"""The ladder: who may do what with a dispute, by when, and where it goes next. Pure."""
