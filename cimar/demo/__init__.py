"""The demo: two hospitals and a clinic, their people, real scans of invented patients, and what was shared."""
