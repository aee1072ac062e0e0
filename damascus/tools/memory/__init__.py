"""Tools on what the company has learnt."""
