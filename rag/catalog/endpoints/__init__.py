"""Model servers that people have connected, with their keys encrypted."""
