"""Tools by which agents talk to each other."""
