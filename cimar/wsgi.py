"""The door for web servers."""

import gc
import os

# The broker's client takes a second to load: at the start, not in the first request that pokes a task.
import kombu.transport.redis  # noqa: F401
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cimar.settings")
application = get_wsgi_application()

# What was loaded stays for good: the collector need not walk it again at every turn.
gc.collect()
gc.freeze()
