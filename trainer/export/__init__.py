"""A checkpoint as an ONNX file, and what a serving team needs to know of it."""
