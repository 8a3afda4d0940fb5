"""Forced alignment by any CTC model of transformers."""
