"""Pages: registration, profile, and in development the mails that were sent."""
