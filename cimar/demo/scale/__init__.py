"""Hospitals by the dozen and studies by the million, invented, for measuring: `manage.py load_demo --scale N`."""
