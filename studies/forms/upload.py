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
        try:
            paths = json.loads(self.cleaned_data["paths"] or "[]")
        except ValueError:
            paths = []
        named = isinstance(paths, list) and [str(path).rpartition("/")[2] for path in paths] == folder
        return [
            *(file.name or "" for file in self.cleaned_data["files"]),
            *(map(str, paths) if named else folder),
        ]
