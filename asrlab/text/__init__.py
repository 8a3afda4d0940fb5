"""str → str: words, normalisation. No I/O, no audio, no models."""
