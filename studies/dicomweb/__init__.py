"""DICOMweb (PS3.18): search, retrieval and storage on a worklist, with the rights and the trail of the pages."""
