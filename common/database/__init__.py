"""Django's PostgreSQL backend, with fewer checks of kept connections (the setting DATABASES names this package)."""
