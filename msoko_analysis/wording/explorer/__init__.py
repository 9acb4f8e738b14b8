"""Words of the explorer."""
