"""Checking that nothing was lost: every second of speech in a catalog, every byte of a release."""

from asrlab.verify.catalog import verify_catalog
from asrlab.verify.release import verify_folder, verify_release
from asrlab.verify.report import Report

__all__ = ["Report", "verify_catalog", "verify_folder", "verify_release"]
