"""Planning: rows of each table, treatment of each column, and the closure that chooses the rows."""
