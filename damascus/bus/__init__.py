"""The transport: Redis streams for workers, Redis channels for people and foreign programs. It keeps no truth."""
