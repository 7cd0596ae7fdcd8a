"""All SQL of the audit, one subject a file."""
