"""The calendar of working days, month by month; the county changes a day."""
