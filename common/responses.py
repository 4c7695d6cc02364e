"""Answers that several apps give alike."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def gone(request: HttpRequest, sentence: str = "") -> HttpResponse:
    """410: used up, ended or expired. The sentence says what, and whom to ask."""
    return render(request, "410.html", {"sentence": sentence}, status=410)
