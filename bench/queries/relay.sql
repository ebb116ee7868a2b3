-- What the bare relay listens to.
select pg_notify('bench_relay', '')
