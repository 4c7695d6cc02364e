"""The production stack: its files examined, and the same commands run as processes of this machine."""
