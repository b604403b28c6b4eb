"""Notifications: which incidents are sent, in which words, and over which channels."""
