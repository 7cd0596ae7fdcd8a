"""The other side of the matrix: what is one's own is written. The last file: the town changes."""

from __future__ import annotations

import pytest

from tests.walls.routes import NOT_PLANTED
from tests.walls.test_matrix import FIELD, ask, asked_by, lines
from tests.walls.town import Town


@pytest.mark.parametrize("login", FIELD)
def test_ones_own_rows_are_written(town: Town, login: str) -> None:
    """A refusal is the ladder's or the form's then, never that there is no such row."""
    wrong = []
    for by, route in asked_by(town, reading=False):
        if by == login and route.endpoint not in NOT_PLANTED:
            answer = ask(town, login, route, "A1w", town.planted["A1w"].ids)
            if answer.status_code in {401, 403, 404, 500}:
                wrong.append((login, route.method, route.rule, answer.status_code))
    assert not wrong, lines(wrong)
