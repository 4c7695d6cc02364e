"""How files reach another system: networks that may be called, STOW-RS and C-STORE, and what an answer means."""
