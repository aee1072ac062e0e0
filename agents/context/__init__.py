"""What an agent is told about its task: one provider per section, gathered from the ledger, so that it survives any
restart."""
