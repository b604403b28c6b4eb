"""Damaged files: inspect, repair, clean up."""
