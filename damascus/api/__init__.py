"""The office's contract: what its API takes and returns, how it says what is wrong, and a typed client of it."""
