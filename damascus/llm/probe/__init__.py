"""The first contact with a model: does it respond, and does it call tools?"""
