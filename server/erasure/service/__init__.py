"""Erasing: ordered, carried out, and what a person has to read afterwards."""

from server.erasure.service.asking import ask_erasure, order_erasures
from server.erasure.service.erasing import Counts, erase, erase_visits
from server.erasure.service.mentions import carry_out, decide_mention, read_mention
from server.erasure.service.quarantine import clear_quarantine

__all__ = [
    "Counts",
    "ask_erasure",
    "carry_out",
    "clear_quarantine",
    "decide_mention",
    "erase",
    "erase_visits",
    "order_erasures",
    "read_mention",
]
