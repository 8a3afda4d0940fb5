"""Engines on other machines, behind the transcription endpoint of OpenAI's API."""
