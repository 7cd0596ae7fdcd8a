"""What we are built of: known holes in it (`make audit`), and the list of it (`make sbom`)."""
