"""What a document is written from: public measures and findings of one district, region or school."""
