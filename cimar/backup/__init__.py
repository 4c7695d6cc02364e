"""Backup and restore: the database and the images, of one moment. Run by bin/backup and bin/restore.

How the two stay consistent: the bytes of images never change and are named by their hash, so that only one thing can
go wrong, that bytes are removed while they are being copied. A backup therefore first takes a lock that every removal
of bytes needs (`studies.ingest.store.bytes_may_go`), then a snapshot, dumps the database as of that snapshot, and
copies every file that the same snapshot names. Studies that arrive meanwhile are not part of the backup; studies that
are deleted meanwhile are.
"""
