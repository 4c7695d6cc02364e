"""Backup and restore: the database and the images, of one moment. Run by bin/backup and bin/restore.

How the two stay consistent: the bytes of images never change and are named by their hash, so that only one thing can
go wrong, that bytes go while they are being copied. A backup therefore first takes a lock that whoever removes bytes
asks for (`studies.ingest.store.bytes_may_go`), then a snapshot, dumps the database as of that snapshot, and copies
every file that the same snapshot names. What arrives meanwhile is not part of it; what is deleted meanwhile is.
"""
