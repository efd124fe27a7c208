"""The public Complete Journey data, cleaned, as the four tables."""
