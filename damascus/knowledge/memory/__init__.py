"""What the company has learnt: kept once, found again, shown to those it is meant for."""
