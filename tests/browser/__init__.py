"""Pages in a real browser: each persona's main path, click by click."""
