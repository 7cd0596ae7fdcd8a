"""Six cases from the field, each told from first word to closing."""
