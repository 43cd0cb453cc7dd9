"""Pure data that every room shares: frozen, keyword-only, without a database, a file or a clock."""
