"""The addresses of the Audit trail tab; studies/urls.py includes them."""

from django.urls import path

from studies.views import trail

urlpatterns = [
    path("placements/<uuid:placement>/trail/", trail.trail, name="trail"),
    path("placements/<uuid:placement>/trail.csv", trail.trail_csv, name="trail_csv"),
]
