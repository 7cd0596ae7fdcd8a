"""The county desk: cases, figures, rules."""
