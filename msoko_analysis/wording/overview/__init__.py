"""Words of the overview of the region."""
