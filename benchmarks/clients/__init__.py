"""The programs that are measured, one for each client library."""
