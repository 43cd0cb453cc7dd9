-- The role that reads production: SELECT on what is taken, nothing else.
create role provision_reader login password 'dev-only';
grant pg_read_all_data to provision_reader;
