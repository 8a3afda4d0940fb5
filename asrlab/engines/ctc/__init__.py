"""Any CTC model of transformers: what it says of each frame, and where a given text lies in that."""
