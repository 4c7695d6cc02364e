"""Files on their way in: received, measured, read and kept. Nothing a file says of itself is believed."""
