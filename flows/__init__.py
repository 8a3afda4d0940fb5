"""Prefect, and only Prefect: order, retries, limits and schedules around the stages' own functions."""
