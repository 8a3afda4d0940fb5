"""Stage: a Transcript and a person → the next version, a verdict; what there is to look at, and in which order."""
