"""Files on their way in: received, measured, read and kept. Nothing in a file is trusted without a check."""
