"""Words of the letter to a school."""
