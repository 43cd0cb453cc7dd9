-- What goes onto rows that are there: indexes, foreign keys, a view, triggers.

create unique index customers_email_key on customers (lower(email));
create unique index employees_email_key on employees (lower(email));
create index addresses_customer_id_idx on addresses (customer_id);
create index orders_customer_ref_idx on orders (customer_ref);
create index orders_placed_at_idx on orders (placed_at);
create index order_items_variant_idx on order_items (product_id, variant_no);
create index invoices_order_id_idx on invoices (order_id);
create index payments_order_id_idx on payments (order_id);
create index reviews_customer_id_idx on reviews (customer_id);
create index comments_customer_id_idx on comments (customer_id);
create index comments_subject_idx on comments (subject_type, subject_id);
create index support_tickets_customer_id_idx on support_tickets (customer_id);
create index support_tickets_open_idx on support_tickets (priority) where closed_at is null;
create index events_customer_ref_idx on events (customer_ref);
create index products_search_idx on products using gin (search);
create index products_tags_idx on products using gin (tags);

alter table warehouses add foreign key (country_code) references countries (code);
alter table departments add foreign key (head_id) references employees (id) deferrable initially deferred;
alter table employees add foreign key (department_id) references departments (id);
alter table employees add foreign key (manager_id) references employees (id);
alter table addresses add foreign key (customer_id) references customers (id) on delete cascade;
alter table addresses add foreign key (country_code) references countries (code);
alter table categories add foreign key (parent_id) references categories (id);
alter table products add foreign key (category_id) references categories (id);
alter table product_variants add foreign key (product_id) references products (id);
alter table product_variants add foreign key (warehouse_id) references warehouses (id);
alter table orders add foreign key (customer_ref) references customers (external_id);
alter table orders add foreign key (billing_address_id) references addresses (id);
alter table orders add foreign key (shipping_address_id) references addresses (id);
alter table orders add foreign key (coupon_code) references coupons (code);
alter table order_items add foreign key (order_id) references orders (id) on delete cascade;
alter table order_items add foreign key (product_id, variant_no) references product_variants (product_id, variant_no);
alter table invoices add foreign key (order_id) references orders (id);
alter table orders add foreign key (last_invoice_id) references invoices (id);
alter table payments add foreign key (order_id) references orders (id);
alter table reviews add foreign key (product_id) references products (id);
alter table reviews add foreign key (customer_id) references customers (id);
alter table posts add foreign key (author_id) references employees (id);
alter table comments add foreign key (customer_id) references customers (id);
alter table support_tickets add foreign key (customer_id) references customers (id);
alter table support_tickets add foreign key (agent_id) references employees (id);

create view customer_revenue as
select c.id, c.first_name, c.last_name, count(distinct o.id) as orders, coalesce(sum(i.total), 0) as revenue
from customers c
left join orders o on o.customer_ref = c.external_id and o.status <> 'cancelled'
left join order_items i on i.order_id = o.id
group by c.id;

create function touch_updated_at() returns trigger language plpgsql as $$
begin
    new.updated_at := now();
    return new;
end
$$;

create function log_email_change() returns trigger language plpgsql as $$
begin
    insert into audit_log (actor, action, table_name, row_id, old_row, new_row)
    values (current_user, 'email', tg_table_name, new.id::text, jsonb_build_object('email', old.email),
            jsonb_build_object('email', new.email));
    return null;
end
$$;

create trigger customers_touch before update on customers for each row execute function touch_updated_at();
create trigger customers_email_change after update of email on customers
    for each row when (old.email is distinct from new.email) execute function log_email_change();

comment on table leads is 'bought lists; no key, duplicates likely';
comment on column customers.external_id is 'what other systems call the customer';
