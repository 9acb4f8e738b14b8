"""Official rules exactly as published, each with its document and page; never mixed with our own."""
