/** A setting that the function cannot do without; its absence stops the start and is logged. */
export function required(name: string): string {
  const value = Deno.env.get(name);
  if (!value) throw new Error(`${name} is missing; set it with supabase secrets set`);
  return value;
}
