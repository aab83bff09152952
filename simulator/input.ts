// Reads fields of a control call; a fault is a 400 that names the field.
import { Refusal } from './refusal.ts';

export type Input = Record<string, unknown>;

function invalid(name: string, must: string): Refusal {
  return new Refusal(400, 'control.invalid', `${name} must be ${must}`);
}

export function onlyKeys(input: Input, known: string[]): void {
  const unknown = Object.keys(input).filter((key) => !known.includes(key));
  if (unknown.length > 0) throw new Refusal(400, 'control.invalid', `unknown: ${unknown.join(', ')}; known: ${known.join(', ')}`);
}

export function string(input: Input, name: string, form = /^[^]{1,20000}$/): string {
  const value = input[name];
  if (typeof value !== 'string' || !form.test(value)) throw invalid(name, `a string matching ${form.source}`);
  return value;
}

export function optionalString(input: Input, name: string, form?: RegExp): string | undefined {
  return input[name] === undefined ? undefined : string(input, name, form);
}

export function number(input: Input, name: string, low: number, high: number): number {
  const value = input[name];
  if (typeof value !== 'number' || !(value >= low && value <= high)) throw invalid(name, `a number from ${low} to ${high}`);
  return value;
}

export function whole(input: Input, name: string, low: number, high: number, absent: number): number {
  const value = input[name] ?? absent;
  if (!Number.isInteger(value) || (value as number) < low || (value as number) > high) throw invalid(name, `a whole number from ${low} to ${high}`);
  return value as number;
}

export function flag(input: Input, name: string, absent = false): boolean {
  const value = input[name] ?? absent;
  if (typeof value !== 'boolean') throw invalid(name, 'true or false');
  return value;
}

export function oneOf<T extends string>(input: Input, name: string, known: readonly T[]): T | undefined {
  const value = input[name];
  if (value === undefined) return undefined;
  if (!known.includes(value as T)) throw invalid(name, `one of ${known.join(', ')}`);
  return value as T;
}
