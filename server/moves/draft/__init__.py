"""A first division of a village, as a redraw plan: only its preview, applied, draws anything."""
