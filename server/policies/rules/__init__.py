"""What is published about working days, and policies as people write and compare them. Pure."""
