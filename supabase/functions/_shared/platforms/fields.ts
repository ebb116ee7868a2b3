/** Reading what a platform sent, without trusting its shape. */

import { Refusal } from "../http.ts";

type Fields = Record<string, unknown>;

/** The object at a path below; refuses what is none. */
export function object(fields: Fields, ...path: string[]): Fields {
  let value: unknown = fields;
  for (const name of path) value = (value as Fields | null | undefined)?.[name];
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Refusal(400, `${path.join(".")} is missing`);
  }
  return value as Fields;
}

/** A text, or a number as a text; undefined when it is missing or empty. */
export function text(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A text that must be there. */
export function demanded(fields: Fields, name: string): string {
  const value = text(fields, name);
  if (value === undefined) throw new Refusal(400, `${name} is missing`);
  return value;
}

/** An instant that must be there, in ISO 8601: from such a text, or from milliseconds since 1970. */
export function instant(fields: Fields, name: string): string {
  const value = fields[name];
  const time = new Date(typeof value === "number" ? value : demanded(fields, name));
  if (Number.isNaN(time.getTime())) throw new Refusal(400, `${name} is no time`);
  return time.toISOString();
}

/** Minutes as the database keeps them of a recording; a length that it does not keep loses no recording. */
export function wholeMinutes(length: number): number | undefined {
  const minutes = Math.round(length);
  return minutes > 0 && minutes <= 24 * 60 ? minutes : undefined;
}

/** An address that must be there. */
export function address(fields: Fields, name: string): URL {
  const value = demanded(fields, name);
  if (!URL.canParse(value)) throw new Refusal(400, `${name} is no address`);
  return new URL(value);
}
