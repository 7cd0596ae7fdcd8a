"""Sealed fields."""
