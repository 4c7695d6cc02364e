"""Tests of studies: lists, pages, ingest, pictures, trails."""
