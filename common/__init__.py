"""What every app may use: text, formats, COPY, exceptions and components. It imports no app."""
