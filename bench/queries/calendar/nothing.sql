-- What every request costs before it asks for anything.
select 1
