"""What of a store's fields becomes an input that is no category: numbers and pretrained vectors."""
