"""The views of DICOMweb: each opens by the study services, and answers in what the client accepts."""
