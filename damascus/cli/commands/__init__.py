"""The commands of `ceo`, a file per noun, as the office's routes are."""
