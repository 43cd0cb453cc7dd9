"""PostgreSQL 15 and later: catalog, rows, keys, schema and loading, over psycopg and libpq."""
