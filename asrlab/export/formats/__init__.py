"""One file a format, all behind `Format` of protocol.py."""
