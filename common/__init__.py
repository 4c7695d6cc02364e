"""The ground floor: text, formats, COPY, exceptions and components. It imports no app."""
