"""The county's limits, and its calendar of working days: read by all, changed by the county."""
