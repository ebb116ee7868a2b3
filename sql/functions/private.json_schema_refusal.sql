-- A subset of JSON Schema (draft 2020-12), small enough to be read in one sitting. What is not understood is refused
-- when the schema is saved: a keyword that is ignored would be a rule that nobody keeps.
create function private.json_schema_refusal(schema jsonb, path text default '$')
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_types constant text [] := array['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];
    v_keyword record;
    v_property record;
    v_is_right boolean;
    v_refusal text;
begin
    if jsonb_typeof(schema) is distinct from 'object' then
        return format('%s must be an object', path);
    end if;
    for v_keyword in select entry.key, entry.value from jsonb_each(schema) as entry order by entry.key loop
        case v_keyword.key
            when 'title', 'description', 'pattern' then
                v_is_right := jsonb_typeof(v_keyword.value) = 'string';
            when 'minLength', 'maxLength' then
                v_is_right := v_keyword.value #>> '{}' ~ '^[0-9]{1,6}$' and jsonb_typeof(v_keyword.value) = 'number';
            when 'type' then
                v_is_right := case jsonb_typeof(v_keyword.value)
                    when 'string' then v_keyword.value #>> '{}' = any(v_types)
                    when 'array' then
                        v_keyword.value <> '[]' and v_keyword.value <@ to_jsonb(v_types)
                    else false
                end;
            when 'required' then
                v_is_right := jsonb_typeof(v_keyword.value) = 'array'
                    and not jsonb_path_exists(v_keyword.value, 'strict $[*] ? (@.type() != "string")');
            when 'enum' then
                v_is_right := jsonb_typeof(v_keyword.value) = 'array' and v_keyword.value <> '[]';
            when 'properties' then
                v_is_right := jsonb_typeof(v_keyword.value) = 'object';
            when 'additionalProperties' then
                v_is_right := jsonb_typeof(v_keyword.value) in ('boolean', 'object');
            else
                return format(
                    '%s has the keyword %s, which is not supported', path, quote_literal(left(v_keyword.key, 60))
                );
        end case;
        if v_is_right is not true then
            return format('%s.%s has a value that the keyword does not take', path, v_keyword.key);
        end if;

        case v_keyword.key
            when 'pattern' then
                begin
                    perform regexp_like('', v_keyword.value #>> '{}');
                exception when invalid_regular_expression then
                    return format('%s.pattern is not a regular expression', path);
                end;
            when 'properties' then
                for v_property in select entry.key, entry.value from jsonb_each(v_keyword.value) as entry loop
                    v_refusal := private.json_schema_refusal(v_property.value, format('%s.%s', path, v_property.key));
                    if v_refusal is not null then
                        return v_refusal;
                    end if;
                end loop;
            when 'additionalProperties' then
                if jsonb_typeof(v_keyword.value) = 'object' then
                    v_refusal := private.json_schema_refusal(v_keyword.value, path || '.*');
                    if v_refusal is not null then
                        return v_refusal;
                    end if;
                end if;
            else null;
        end case;
    end loop;
    return null;
end
$$;
comment on function private.json_schema_refusal(jsonb, text) is
    'Why this is no schema that private.json_schema_violation understands; null: it is one. Keywords: type, required, properties, additionalProperties, enum, pattern (a regular expression of Postgres, not anchored), minLength, maxLength, title, description.';
revoke execute on function private.json_schema_refusal(jsonb, text) from public;
grant execute on function private.json_schema_refusal(jsonb, text) to authenticated, service_role;
