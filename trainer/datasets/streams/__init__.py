"""The files of public data as streams of raw rows, some at a time; what is wrong with them."""
