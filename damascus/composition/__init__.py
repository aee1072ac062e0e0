"""The composition root: the only place that builds the company's parts from the settings.

`company` is what every process needs (ledger, bus, outbox); `agents` adds what agents need (model, tools, forge,
workshop). They are apart so that the office starts without loading what it never uses.
"""
