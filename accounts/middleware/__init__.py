"""For every request of a signed-in person: time zone, idle time, and the demands of their accounts."""
