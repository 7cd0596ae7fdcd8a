"""What goes with an erased row, statement by statement: what points at a row goes before it.

The counts of an erasure are told by these names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FILES_OF_VISITS: Final = "owner_entity = 'visit' AND owner_id = ANY ({ids})"
FILES_OF_PARTIES: Final = (
    "owner_entity = 'dispute_event' AND owner_id IN"
    " (SELECT id FROM dispute_event WHERE party_id = ANY ({ids}))"
)
FILES_OF_HOUSEHOLDS: Final = (
    f"{FILES_OF_VISITS} OR owner_entity = 'dispute_event' AND owner_id IN"
    " (SELECT e.id FROM dispute_event e JOIN party p ON p.id = e.party_id"
    " WHERE p.household_id = ANY ({ids}))"
)
FILES_OF_DISPUTES: Final = (
    "owner_entity = 'dispute' AND owner_id = ANY ({ids})"
    " OR owner_entity = 'dispute_event' AND owner_id IN"
    " (SELECT id FROM dispute_event WHERE dispute_id = ANY ({ids}))"
    " OR owner_entity = 'agreement' AND owner_id IN"
    " (SELECT id FROM agreement WHERE dispute_id = ANY ({ids}))"
)


def _files(where: str) -> str:
    """Their rows go; the files within a minute, unless another record has the same."""
    return (
        f"WITH gone AS (DELETE FROM attachment WHERE {where} RETURNING sha256)"
        " INSERT INTO attachment_leftover SELECT DISTINCT sha256 FROM gone ON CONFLICT DO NOTHING"
    )


_PARTIES: Final = "(SELECT id FROM party WHERE {where} = ANY ({{ids}}))"


def _said_by(parties: str) -> Mapping[str, str]:
    """The code that would still lead to the case, letters, and what was said with a rating."""
    return {
        "codes": f"DELETE FROM party_code WHERE party_id IN {parties}",
        "letters": f"DELETE FROM resident_receipt WHERE party_id IN {parties}",
        "comments": "UPDATE rating SET comment = NULL WHERE comment IS NOT NULL"
        f" AND party_id IN {parties}",
        "claims": "UPDATE claim SET content = NULL WHERE content IS NOT NULL"
        f" AND party_id IN {parties}",
        # What is not done yet the other side still waits for: that is read by a person first.
        "terms": "UPDATE term SET content = NULL WHERE content IS NOT NULL"
        f" AND party_id IN {parties} AND (done_at IS NOT NULL OR EXISTS (SELECT FROM dispute d"
        " WHERE d.id = dispute_id AND d.status <> 'settled'))",
        # The digest stays in the chain; the words go.
        "words": "UPDATE dispute_event SET why = NULL, agreement = NULL, erased_at = :at"
        f" WHERE (why IS NOT NULL OR agreement IS NOT NULL) AND party_id IN {parties}",
        # Phones hold the words of claims with the case.
        "told": "UPDATE dispute SET status = status WHERE id IN"
        f" (SELECT dispute_id FROM party WHERE id IN {parties})",
    }


_UNNAMED: Final = (
    "UPDATE party SET kind = 'outsider', household_id = NULL, office_id = NULL, user_id = NULL,"
    " name = NULL, telephone = NULL, telephone_index = NULL"
)
_OF_ROWS: Final[Mapping[str, str]] = {
    "refs": "DELETE FROM external_ref WHERE row_id = ANY ({ids})",
    "handed_over": "DELETE FROM handover_row WHERE row_id = ANY ({ids})",
    "conflicts": "DELETE FROM sync_conflict WHERE row_id = ANY ({ids})",
}

# Of a household with its visits and consents (all their ids), or of visits alone.
HOUSEHOLD: Final[Mapping[str, str]] = {
    "duplicates": "DELETE FROM likely_duplicate WHERE first_id = ANY ({ids})"
    " OR second_id = ANY ({ids})",
    "links": "DELETE FROM household_link WHERE from_id = ANY ({ids}) OR to_id = ANY ({ids})",
    **_OF_ROWS,
    # While its parties still say that they are its own.
    "attachments": _files(FILES_OF_HOUSEHOLDS),
    **_said_by(_PARTIES.format(where="household_id")),
    "parties": f"{_UNNAMED} WHERE household_id = ANY ({{ids}})",
    "amended": "UPDATE visit SET supersedes_id = NULL WHERE supersedes_id = ANY ({ids})"
    " AND id <> ALL ({ids})",
    "visits": "DELETE FROM visit WHERE id = ANY ({ids})",
    "needs": "DELETE FROM service_need WHERE household_id = ANY ({ids})",
    "consents": "DELETE FROM consent WHERE household_id = ANY ({ids})",
    "placings": "DELETE FROM household_placing WHERE household_id = ANY ({ids})",
    "households": "DELETE FROM household WHERE id = ANY ({ids})",
}
PARTY: Final[Mapping[str, str]] = {
    "attachments": _files(FILES_OF_PARTIES),
    **_said_by(_PARTIES.format(where="id")),
    "parties": f"{_UNNAMED} WHERE id = ANY ({{ids}})",
}
_OF_CASE: Final = "DELETE FROM {} WHERE dispute_id = ANY ({{ids}})"
DISPUTE: Final[Mapping[str, str]] = {
    # What was counted stays counted, under ids that lead nowhere.
    "figures": """
        INSERT INTO figure_kept
        SELECT gen_random_uuid(), other.id, f.area_id, f.office_id, f.level, f.category,
               f.received_at, f.accepted_at, f.accept_by, f.handle_by, f.overdue_at, f.ended_at,
               f.extended, f.begun_how, f.ended_how, f.went, f.came_at
          FROM figure_holding f
          JOIN (SELECT id AS dispute_id, gen_random_uuid() AS id
                  FROM dispute WHERE id = ANY ({ids})) other USING (dispute_id)
    """,
    "attachments": _files(FILES_OF_DISPUTES),
    "mentions": _OF_CASE.format("erasure_mention"),
    **_OF_ROWS,
    "deliveries": "DELETE FROM notice_delivery WHERE notice_id IN"
    " (SELECT id FROM notice WHERE dispute_id = ANY ({ids}))",
    "notices": _OF_CASE.format("notice"),
    "letters": "DELETE FROM resident_receipt WHERE party_id IN"
    " (SELECT id FROM party WHERE dispute_id = ANY ({ids}))",
    "codes": "DELETE FROM party_code WHERE party_id IN"
    " (SELECT id FROM party WHERE dispute_id = ANY ({ids}))",
    "related": "UPDATE dispute SET related_id = NULL, relation = NULL"
    " WHERE related_id = ANY ({ids}) AND id <> ALL ({ids})",
    **{
        name: _OF_CASE.format(table)
        for name, table in (
            ("ratings", "rating"),
            ("supervisions", "supervision"),
            ("joint_offices", "joint_office"),
            ("terms", "term"),
            ("agreements", "agreement"),
            ("claims", "claim"),
            # Phones hear by their places that the case goes, while it still says who hears it.
            ("places", "dispute_place"),
            ("recusals", "recusal"),
            ("events", "dispute_event"),
            ("holdings", "holding"),
            ("parties", "party"),
        )
    },
    "disputes": "DELETE FROM dispute WHERE id = ANY ({ids})",
}
