"""Tests of what wires the product: set-up, logs, health, backup, demo, bench."""
