"""What decided a choice once: `python -m bench.decisions.<name>` measures it again, here and now.

The pages that tell what followed are in docs/decisions/.
"""
