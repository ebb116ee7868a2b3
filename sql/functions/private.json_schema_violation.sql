-- The first thing that is wrong, by the path a person can follow; never the value, which may be a secret.
create function private.json_schema_violation(schema jsonb, value jsonb, path text)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_type text := jsonb_typeof(value);
    v_text text := value #>> '{}';
    v_allowed jsonb := case jsonb_typeof(schema -> 'type')
        when 'array' then schema -> 'type'
        when 'string' then jsonb_build_array(schema -> 'type')
    end;
    v_rest jsonb := schema -> 'additionalProperties';
    v_name text;
    v_property record;
    v_violation text;
begin
    if v_allowed is not null
        and (
            v_allowed ? v_type
            -- 1.0 is an integer, too (JSON Schema Validation, section 6.1.1).
            or case when v_type = 'number' and v_allowed ? 'integer' then trunc(v_text::numeric) = v_text::numeric end
        ) is not true
    then
        return format('%s must be %s', path, (
            select string_agg(allowed.name, ' or ' order by allowed.position)
            from jsonb_array_elements_text(v_allowed) with ordinality as allowed (name, position)
        ));
    end if;
    if schema ? 'enum' and not schema -> 'enum' @> jsonb_build_array(value) then
        return format('%s must be one of %s', path, schema -> 'enum');
    end if;
    if v_type = 'string' then
        if char_length(v_text) < (schema ->> 'minLength')::integer then
            return format('%s must have at least %s characters', path, schema ->> 'minLength');
        end if;
        if char_length(v_text) > (schema ->> 'maxLength')::integer then
            return format('%s must have at most %s characters', path, schema ->> 'maxLength');
        end if;
        if v_text !~ (schema ->> 'pattern') then
            return format('%s must match %s', path, schema ->> 'pattern');
        end if;
    end if;
    if v_type = 'object' then
        for v_name in select needed.name from jsonb_array_elements_text(schema -> 'required') as needed (name) loop
            if not value ? v_name then
                return format('%s.%s is missing', path, v_name);
            end if;
        end loop;
        for v_property in select entry.key, entry.value from jsonb_each(value) as entry order by entry.key loop
            if schema -> 'properties' ? v_property.key then
                v_violation := private.json_schema_violation(
                    schema -> 'properties' -> v_property.key, v_property.value, format('%s.%s', path, v_property.key)
                );
            elsif v_rest = 'false' then
                v_violation := format('%s.%s is not a known field', path, left(v_property.key, 60));
            elsif jsonb_typeof(v_rest) = 'object' then
                v_violation := private.json_schema_violation(
                    v_rest, v_property.value, format('%s.%s', path, v_property.key)
                );
            end if;
            if v_violation is not null then
                return v_violation;
            end if;
        end loop;
    end if;
    return null;
end
$$;
comment on function private.json_schema_violation(jsonb, jsonb, text) is
    'What is wrong with a value by a schema that private.json_schema_refusal accepts, naming the place below path but never the value; null: nothing.';
revoke execute on function private.json_schema_violation(jsonb, jsonb, text) from public;
