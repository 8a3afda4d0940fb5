"""Any speech recognizer of transformers, through its own processor and `generate`."""
