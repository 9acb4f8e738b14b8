"""Is a report what was issued, and does it still follow from the data."""
