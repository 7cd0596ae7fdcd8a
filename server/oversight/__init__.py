"""The audit administrator's desk: acts, heads, settings. Reading them is an act too."""
