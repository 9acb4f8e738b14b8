"""What a document claims and what it came from: claims, printed numbers, manifest, crate."""
