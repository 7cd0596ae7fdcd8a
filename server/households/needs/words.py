"""The words of service needs and consents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

NEEDS: Final[Mapping[str, str]] = {
    "visiting": "陪伴探访 company",
    "daily_care": "生活照料 daily care",
    "meals": "助餐 meals",
    "medical": "上门医疗 medical care at home",
    "mobility": "出行协助 help in getting about",
    "child_care": "儿童看护 looking after a child",
    "living_support": "生活救助 support for a living",
    "hearing": "沟通协助 help in making oneself understood",
}
GIVEN_BY: Final[Mapping[str, str]] = {
    "self": "本人 the person",
    "guardian": "监护人 the guardian",
    "family": "受托家属 family, asked by the person",
}
HOW: Final[Mapping[str, str]] = {"oral": "口头 oral", "written": "书面 written"}
