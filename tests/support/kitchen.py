"""One small database with every kind of thing that a load must bring over, and names that need quotes."""

from __future__ import annotations

SCHEMA = r'''
create schema shop;
create schema "Order ""Desk""";
create type shop.mood as enum ('so so', 'good', 'it''s fine');
create domain shop.score as int check (value >= 0);
create domain shop.code as text;
create sequence shop.ticket_seq increment by 5 start with 100;
create function shop.touch() returns trigger language plpgsql as $$
begin
  -- Name: evil; Type: TABLE; Schema: public; Owner: -
  new.note := coalesce(new.note, '') || '!';
  return new;
end $$;
create table shop.country (code char(2) primary key, name text not null unique);
create table shop.customer (
  id bigint generated always as identity primary key,
  email text not null,
  country char(2) not null references shop.country,
  mood shop.mood default 'good', score shop.score, code shop.code, tags text[],
  extra jsonb, born date, balance numeric, note text,
  initials text generated always as (upper(left(email, 2))) stored,
  constraint email_has_at check (email like '%@%')
);
create unique index customer_email on shop.customer (lower(email));
create index customer_extra on shop.customer using gin (extra);
create table shop.team (id int primary key, head int not null);
create table shop.worker (id int primary key, team int not null references shop.team, boss int references shop.worker,
  ticket int default nextval('shop.ticket_seq'));
alter table shop.team add constraint team_head foreign key (head) references shop.worker deferrable initially deferred;
create table shop.ledger (day date not null, id int not null, customer bigint references shop.customer, amount numeric(10,2),
  primary key (day, id)) partition by range (day);
create table shop.ledger_2024 partition of shop.ledger for values from ('2024-01-01') to ('2025-01-01');
create table shop.ledger_rest partition of shop.ledger default;
create index ledger_customer on shop.ledger (customer);
create table shop.entry (day date, ledger int, foreign key (day, ledger) references shop.ledger);
create table shop.base (id int primary key, label text);
create table shop.derived (more text) inherits (shop.base);
create table "Order ""Desk"""."Größe, ""L""" ("Ключ" int primary key, "a.b" text, "select" boolean);
create table "Order ""Desk"""."child of" (id int references "Order ""Desk"""."Größe, ""L""");
create table shop.legacy (id int primary key, country char(2), weight int);
create table shop.empty (id serial primary key);
create statistics shop.customer_stats (dependencies) on country, mood from shop.customer;
create view shop.names as select id, email from shop.customer;
create materialized view shop.per_country as select country, count(*) from shop.names n join shop.customer using (id) group by 1;
create unique index on shop.per_country (country);
create materialized view shop.total as select sum(count) from shop.per_country;
create view shop.grouped as select c.code, c.name, count(*) from shop.country c join shop.customer u on u.country = c.code
  group by c.code;
comment on table shop.customer is 'who buys; -- Name: x; Type: TABLE';
comment on column shop.customer.email is 'where to write';
create rule quiet as on delete to shop.base do also notify gone;
'''

ROWS = r'''
insert into shop.country values ('de', 'Germany'), ('fr', 'France');
insert into shop.customer (email, country, mood, score, tags, extra, born, balance, note)
  select format('u%s@x.test', i), case when i % 3 = 0 then 'fr' else 'de' end, 'it''s fine', i, array['a', null, E'b\\c'],
         '{"k": 1.10}', '2000-01-01', 'NaN', E'tab\tline\nback\\slash' from generate_series(1, 250) i;
begin;
insert into shop.team values (1, 1), (2, 3);
insert into shop.worker values (1, 1, null, default), (2, 1, 1, default), (3, 2, 2, default);
commit;
insert into shop.ledger select date '2023-12-01' + i, i, i, i / 3.0 from generate_series(1, 90) i;
insert into shop.entry select day, id from shop.ledger where id % 2 = 0;
insert into shop.base values (1, 'one');
insert into shop.derived values (2, 'two', 'more');
insert into "Order ""Desk"""."Größe, ""L""" values (1, 'ü', true), (2, null, null);
insert into "Order ""Desk"""."child of" values (1), (null);
insert into shop.legacy values (1, 'xx', -1), (2, 'de', 5);
refresh materialized view shop.per_country;
refresh materialized view shop.total;
'''

# Made after the rows: what rows would trip over, and triggers in all their states.
AFTER = r"""
alter table shop.legacy add constraint legacy_country foreign key (country) references shop.country not valid;
alter table shop.legacy add constraint legacy_weight check (weight > 0) not valid;
comment on constraint legacy_country on shop.legacy is 'never cleaned up';
alter domain shop.code add constraint code_short check (length(value) < 9) not valid;
create trigger touched before insert or update on shop.customer for each row execute function shop.touch();
create trigger touched_always before update on shop.customer for each row execute function shop.touch();
create trigger touched_replica before insert on shop.customer for each row execute function shop.touch();
create trigger touched_never before insert on shop.customer for each row execute function shop.touch();
alter table shop.customer enable always trigger touched_always;
alter table shop.customer enable replica trigger touched_replica;
alter table shop.customer disable trigger touched_never;
create function shop.nothing() returns trigger language plpgsql as $$ begin return null; end $$;
create trigger counted after insert on shop.ledger for each row execute function shop.nothing();
alter table only shop.ledger_2024 disable trigger counted;
alter table shop.customer enable row level security, force row level security;
create policy own on shop.customer using (email = current_user);
"""

KITCHEN = SCHEMA + ROWS + AFTER
