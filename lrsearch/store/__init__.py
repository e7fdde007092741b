"""The file of a study: events in SQLite, leases, a mirror."""
