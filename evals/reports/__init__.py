"""Reports that people read: one HTML file each, with nothing to fetch."""
