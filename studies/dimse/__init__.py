"""DIMSE: studies that machines push (C-STORE), echoes, and storage commitment. `manage.py receive_dicom` runs it."""
