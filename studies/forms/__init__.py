"""Forms: of lists, of trails, of uploads. They check types; what is allowed is decided by the services."""
