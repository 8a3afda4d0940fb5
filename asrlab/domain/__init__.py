"""Frozen values and units: what the rest of asrlab talks about. Standard library only, no I/O."""
