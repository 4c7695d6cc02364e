"""Templates for bin/dev: read and compiled once like everywhere else, and again as soon as a file is another."""

import os
from pathlib import Path
from typing import Any

from django.core.signals import request_started
from django.template import Template
from django.template.base import Origin
from django.template.loaders import cached

from common.components.library import forget_renderings


class Loader(cached.Loader):
    """Before a template is given out its file is asked when it was written; one that was not there may have come."""

    def __init__(self, engine: Any, loaders: list[Any]) -> None:
        super().__init__(engine, loaders)
        self._places: dict[str, list[Path]] = {}
        self._seen: dict[str, tuple[Path, int] | None] = {}
        # What is rendered once for the process may hold any template, and names none.
        request_started.connect(forget_renderings, dispatch_uid=f"{__name__}.forget_renderings")

    def get_template(self, template_name: str, skip: list[Origin] | None = None) -> Template:
        now = self._written(template_name)
        if self._seen.setdefault(template_name, now) != now:
            self.reset()
        self._seen[template_name] = now
        return super().get_template(template_name, skip)

    def reset(self) -> None:
        super().reset()
        self._seen.clear()

    def _written(self, template_name: str) -> tuple[Path, int] | None:
        """The file that has this name now, and when it was written."""
        places = self._places.get(template_name)
        if places is None:
            places = [Path(origin.name) for origin in self.get_template_sources(template_name)]
            self._places[template_name] = places
        for place in places:
            try:
                return place, os.stat(place).st_mtime_ns
            except OSError:
                continue
        return None
