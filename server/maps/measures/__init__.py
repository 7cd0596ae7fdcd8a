"""What a map colours its cells by: households, visits, disputes, cell by cell."""
