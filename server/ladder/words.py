"""Slugs that know their Chinese name."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """One word of the field: the slug is its value (and equals it), `zh` is its Chinese name."""

    zh: str

    def __new__(cls, slug: str, zh: str = "") -> Self:
        word = str.__new__(cls, slug)
        word._value_ = slug
        word.zh = zh
        return word

    @property
    def en(self) -> str:
        """The slug as plain English."""
        return str(self.value).replace("_", " ")
