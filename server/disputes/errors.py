"""What can go wrong with disputes."""

from __future__ import annotations

from server.errors import Clash, Invalid, NotFound, NotYours


class DisputeNotFound(NotFound):
    """No such dispute, or none that the asker may know of: both look the same."""

    slug = "dispute-not-found"
    text = "没有这件纠纷，或不在您的范围内。 No such dispute, or none of yours."


class PlaceNotYours(NotYours):
    """A dispute is registered by somebody who serves one of its villages at that time."""

    slug = "place-not-yours"
    text = "纠纷所在村不在您的服务范围内。 You did not serve the village of this dispute then."


class BadDispute(Invalid):
    """A field of a dispute has a value that it cannot have."""

    slug = "bad-dispute"
    text = "纠纷信息有误，请按提示修改。 A field of the dispute is wrong; see the details."


class BadDisputeEvent(Invalid):
    """A field of an event has a value that it cannot have."""

    slug = "bad-dispute-event"
    text = "办理记录有误，请按提示修改。 A field of the event is wrong; see the details."


class MoveRefused(Clash):
    """The ladder does not allow this move now. `errors.event` names the rule."""

    slug = "move-refused"
    text = "案件现在不能这样办理。 The dispute cannot take this step now."


class NoOffice(Clash):
    """No lead Office covers the place at any level: nobody could answer for the case."""

    slug = "no-office"
    text = "该地尚无承办单位，请先录入。 No Office covers this place; add one: `wangge office add`."


class PartyNotFound(NotFound):
    """The dispute has no such party, or none that the asker may know of."""

    slug = "party-not-found"
    text = "本案没有这位当事人，请刷新后再试。 The dispute has no such party; reload and try again."


class BadPartyCode(Invalid):
    """A code that was made where the case was noted is not one."""

    slug = "bad-party-code"
    text = (
        "查询码有误，请逐字核对或重新生成。 The party's code is wrong; compare it, or make another."
    )


class MatterNotOpen(Clash):
    """The dispute that this one was said to be again is not being handled any more."""

    slug = "matter-not-open"
    text = (
        "所说的同一事项已不在办理中：请按“由此引起”登记，或重新受理原案。"
        " That matter is not open: register this as follows_from, or reopen the other case."
    )
