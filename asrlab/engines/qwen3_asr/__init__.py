"""Qwen3-ASR and its forced aligner on transformers' own `qwen3_asr`.

What "the reference" says in these modules is qwen-asr 0.0.6 with its Transformers backend; docs/qwen3-asr.md tells
where asrlab departs from it, and why.
"""
