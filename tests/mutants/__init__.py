"""The known bugs of sync protocols, put back one at a time: the suite has to go red for each."""
