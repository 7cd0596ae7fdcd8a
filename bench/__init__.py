"""Speed as ratios: what we do, against the plainest way of doing it, measured in one run.

A ratio travels from machine to machine; seconds do not. `python -m bench` runs all rows of
`bench.registry`; a new row is a file here and a line there. What decided a choice once is measured
in `bench/decisions/` and told in `docs/decisions/`.
"""
