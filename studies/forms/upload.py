"""What people upload."""

import json
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files; an empty file is refused by name by the service."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        return [file for file in data or [] if isinstance(file, UploadedFile)]


class UploadForm(forms.Form):
    """Files, a ZIP, or a folder with everything in it."""

    # Django's own `files` is a property.
    files = FilesField(label=gettext_lazy("Files or ZIP"), required=False)  # type: ignore[assignment]
    folder = FilesField(
        label=gettext_lazy("A folder"), required=False, widget=FilesInput({"webkitdirectory": True})
    )

    # Browsers send the bare names of a folder's files; the script adds their paths in it, in the same order.
    paths = forms.CharField(required=False, widget=forms.HiddenInput)

    def chosen(self) -> list[UploadedFile]:
        return [*self.cleaned_data["files"], *self.cleaned_data["folder"]]

    def names(self) -> list[str]:
        """The names of the chosen files, with their folders where these are known."""
        folder = [file.name or "" for file in self.cleaned_data["folder"]]
        paths = _listed(self.cleaned_data["paths"])
        named = [path.rpartition("/")[2] for path in paths] == folder
        return [
            *(file.name or "" for file in self.cleaned_data["files"]),
            *(paths if named else folder),
        ]


def _listed(written: str) -> list[str]:
    """The texts of a list in JSON; none where it is no such list."""
    try:
        texts = json.loads(written or "[]")
    except (ValueError, RecursionError):
        return []
    return [str(text) for text in texts] if isinstance(texts, list) else []


class PartForm(UploadForm):
    """Some files of an upload that was begun, each with the mark by which the browser knows it again."""

    upload = forms.UUIDField()
    mark_list = forms.CharField()
    # Of a piece of a large file: where it begins, and the size of the whole file.
    start = forms.IntegerField(min_value=0, max_value=10**18, required=False)
    whole = forms.IntegerField(min_value=1, max_value=10**18, required=False)

    def marks(self) -> list[str]:
        return _listed(self.cleaned_data["mark_list"])


class BeginForm(forms.Form):
    """How much will be sent."""

    n_files = forms.IntegerField(min_value=0, max_value=1_000_000_000)
    size = forms.IntegerField(min_value=0, max_value=10**18, required=False)

    def amounts(self) -> dict[str, int]:
        if not self.is_valid():
            return {"n_files": 0}
        return {"n_files": self.cleaned_data["n_files"], "size": self.cleaned_data["size"] or 0}
