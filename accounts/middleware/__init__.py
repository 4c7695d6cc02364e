"""What every request of a signed-in person passes: its time zone, idle time, and the demands of its accounts."""
