"""The sync protocol: pure, standard library only. It knows neither Flask nor SQL nor households."""
