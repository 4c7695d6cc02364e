"""Wires the apps together and decides nothing. Kept empty: the launcher imports it before Django is installed."""
