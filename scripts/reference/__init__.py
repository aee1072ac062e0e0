"""Writes what docs/reference/ can take from the code: `make reference`.

A page is text by people with blocks in it, each between `<!-- generated: NAME -->` and `<!-- end -->`. Here is one
module for each page; its functions return the blocks.
"""
