"""Long runs: many devices behind faults, one client of all of them, and what must hold."""
