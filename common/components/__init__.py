"""The component library: each is a template under templates/components/, or a function where a page shows hundreds."""
