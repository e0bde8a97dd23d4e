"""What acts on jobs: asks the ledger which, and tells it what was seen and done."""
