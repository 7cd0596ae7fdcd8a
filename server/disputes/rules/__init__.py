"""Pure decisions about disputes: forms, and what a move does to a Holding."""
