"""The figures and how to get them: `make bench`."""
