"""The demo county: seeded, synthetic inputs in the form in which a county would hand them over."""
