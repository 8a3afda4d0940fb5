"""Manifests: files that name audio and say what is known of it, one kind a module."""

from asrlab.ingest.manifests.kaldi import KALDI_LIST
from asrlab.ingest.manifests.read import MANIFEST_SUFFIXES, is_manifest, read_manifest
from asrlab.ingest.manifests.rows import BadLine, Line

__all__ = ["KALDI_LIST", "MANIFEST_SUFFIXES", "BadLine", "Line", "is_manifest", "read_manifest"]
