"""Texts that come back: the formats of the export, and of others, one a module behind one small protocol."""

from asrlab.ingest.imports.protocol import AudioName, Entry, ImportFormat, Packed
from asrlab.ingest.imports.registry import IMPORT_FORMATS, find_import_format

__all__ = ["IMPORT_FORMATS", "AudioName", "Entry", "ImportFormat", "Packed", "find_import_format"]
