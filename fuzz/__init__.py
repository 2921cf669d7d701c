"""Hostile devices: what bytes of any kind do to the client. See README.md here."""
