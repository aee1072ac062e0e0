"""The command line: a client of the office over HTTP."""
