"""Pure rules of figures: what is measured, over which months, and what is withheld."""
