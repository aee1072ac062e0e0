"""Every effect that an agent has on the world: thin adapters over the services and ports below.

One tool does not know another; adding one is a module here and a line in `registry.py`.
"""
