"""The aligner `pocketsphinx`: English, exact and cheap, with its model in the package."""
