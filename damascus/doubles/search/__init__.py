"""A stand-in for SearXNG, and for a small piece of the web behind it: for tests, and where no image can be had."""

NOTICE = "Stand-in for SearXNG: it finds pages of its own only"
