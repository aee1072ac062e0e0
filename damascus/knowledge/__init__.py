"""What the company knows, and from where."""
