"""Parts of a page: prose, tables and their packing; they know nothing of what they tell."""
