"""What people look at: the township's map, the county's desk, the worker's page. No SQL."""
