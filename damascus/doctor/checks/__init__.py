"""A check per part of the company, a file each; `examine.py` lists them."""
