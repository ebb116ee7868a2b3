#!/bin/sh
# Creates the cluster on the first start, then becomes the server. Arguments go to the server.
#
# The superuser is named supabase_admin, as on Supabase, so that `postgres` can be the ordinary role that migrations
# run as. Its password comes from POSTGRES_PASSWORD. No server listens before the cluster is complete: whoever gets a
# connection has the finished thing.
set -eu

: "${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD, the password of supabase_admin}"

# What is mounted for the data, such as memory, belongs to root at first; Postgres refuses to run as root.
if [ "$(id -u)" = 0 ]; then
    install -d -o postgres -g postgres -m 700 "$PGDATA"
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    password_file=$(mktemp)
    printf '%s\n' "$POSTGRES_PASSWORD" > "$password_file"
    initdb --username=supabase_admin --pwfile="$password_file" \
        --auth-local=trust --auth-host=scram-sha-256 \
        --encoding=UTF8 --locale=C.UTF-8 --no-sync
    rm "$password_file"
    # Published ports arrive from the bridge's address, not from loopback.
    echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
fi
unset POSTGRES_PASSWORD

exec postgres \
    -c listen_addresses='*' \
    -c shared_preload_libraries=pg_cron,plpgsql_check \
    -c cron.database_name=postgres \
    "$@"
