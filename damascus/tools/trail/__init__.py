"""Tools on the mission's trail."""
