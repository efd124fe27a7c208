"""Bars of behaviors."""
