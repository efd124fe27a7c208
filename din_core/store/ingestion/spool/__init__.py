"""Checked behaviors and impressions between reading and writing: kept small, on disk where they are many, sorted."""
