"""The Celery app: carries out what services decided."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cimar.settings")
app = Celery("cimar")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
