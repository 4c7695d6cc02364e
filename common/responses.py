"""Answers that several apps share."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def gone(request: HttpRequest, sentence: str = "") -> HttpResponse:
    """410: used up, ended or expired. The sentence names what ended and whom to ask."""
    return render(request, "410.html", {"sentence": sentence}, status=410)
