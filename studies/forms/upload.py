"""What people upload."""

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

    files = FilesField(label=gettext_lazy("Files or ZIP"), required=False)  # type: ignore[assignment]
    folder = FilesField(
        label=gettext_lazy("A folder"), required=False, widget=FilesInput({"webkitdirectory": True})
    )

    def chosen(self) -> list[UploadedFile]:
        return [*self.cleaned_data["files"], *self.cleaned_data["folder"]]
