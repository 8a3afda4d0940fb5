"""Everything with weights: engines, aligners and voice detectors behind small protocols.

The only home of torch and transformers, and neither is imported until something is opened.
"""
