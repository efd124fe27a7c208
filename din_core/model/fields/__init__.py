"""What a field's values become: numbers in buckets, pretrained vectors."""
