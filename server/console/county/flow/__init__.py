"""Where does it stick: the flow of cases from village to township to county, in figures."""
