"""The desk: cases by what must happen next, one page for each, and what may be done with it."""
