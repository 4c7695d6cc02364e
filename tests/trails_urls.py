from django.urls import include, path
from studies import urls_trail
urlpatterns = [path("", include((urls_trail.urlpatterns, "studies"))), path("", include("cimar.urls"))]
