"""The door for web servers."""

import gc
import os

# The broker's client takes a second to load: at the start, not in the first request that pokes a task.
import kombu.transport.redis  # noqa: F401
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cimar.settings")
application = get_wsgi_application()

# What was loaded stays for good: the collector need not walk it again at every turn. And a request leaves few circles
# behind it: looked for after every 700 objects, as is Python's preset, they took a thirtieth of a frame's time.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 10, 10)
