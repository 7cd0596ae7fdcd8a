"""今日: what a township, a village or the county has to do today."""

from server.console.township.day import approvals, aside, conflicts, today

pages = (today.pages, conflicts.pages, aside.pages, approvals.pages)
