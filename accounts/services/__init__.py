"""The actions on people, invitations and mail; only these write them."""
