"""What may be done to people, invitations and mail; nothing else writes them."""
