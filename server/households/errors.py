"""What can go wrong with households."""

from __future__ import annotations

from server.errors import Clash, Invalid, NotFound, NotYours


class HouseholdNotFound(NotFound):
    """No such household, or none that the asker may know of."""

    slug = "household-not-found"
    text = "没有这一户，或不在您的网格内。 No such household, or none of yours."


class HouseholdExists(Clash):
    """A household with this id exists already, here or out of the asker's sight."""

    slug = "household-exists"
    text = "此户编号已存在，请刷新后再试。 A household with this id exists; reload and try again."


class HouseholdErased(NotFound):
    """It was erased with its people: nothing about it is taken, phones wipe what they keep."""

    slug = "erased"
    text = "该户信息已依法删除，不再接收。 This household was erased; nothing about it is taken."


class VillageNotYours(NotYours):
    """A household can be made only in a village that one serves."""

    slug = "village-not-yours"
    text = "该村不在您的服务范围内。 You do not serve that village."


class MovesAway(NotYours):
    """The new location lies in a cell that the author does not serve: a person decides."""

    slug = "moves-away"
    text = "新位置不在您的网格内，请乡镇确认。 It lies in another cell; ask the township."


class BadHousehold(Invalid):
    """A field of a household has a value that it cannot have."""

    slug = "bad-household"
    text = "住户信息有误，请按提示修改。 A field of the household is wrong; see the details."
