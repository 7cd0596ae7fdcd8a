"""Pure rules of the audit: the chain, what is signed of it, and how it is verified."""
