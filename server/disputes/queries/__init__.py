"""All SQL of disputes: reading and writing cases, the climb, and the check of the chain."""
