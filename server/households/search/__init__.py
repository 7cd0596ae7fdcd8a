"""Finding a household by the head's whole name or by words of its address, told masked."""
