"""The administration: Django's admin pages of every app, above all cores. They call services and decide nothing."""
