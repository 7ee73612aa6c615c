"""Questions drafted from documents, for a person to accept."""
