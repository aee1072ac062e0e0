"""The first contact with a model: does it answer, and does it call tools?"""
