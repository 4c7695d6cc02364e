"""The component library: one tag per file in templates/components/. Leaves include, frames take a block."""
