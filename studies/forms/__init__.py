"""Forms: of lists, of trails, of uploads. They check types; what is allowed is the services' to say."""
